package dev.tramontane.api;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/** Items of docs/faults.md, done one after the other to one service, which has to be as before after each. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AttackTests {
    AttackedService at;

    @BeforeAll
    void serve() throws IOException {
        at = new AttackedService();
    }

    @AfterAll
    void end() {
        at.close();
    }

    @TestFactory
    Stream<DynamicTest> reliability() {
        return at.survives(items());
    }

    abstract List<AttackedService.Item> items();
}
