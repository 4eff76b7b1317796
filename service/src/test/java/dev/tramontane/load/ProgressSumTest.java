package dev.tramontane.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressSumTest {
    @Test
    void whatIsDoneStaysDone() {
        List<String> heard = new ArrayList<>();
        ProgressSum sum = new ProgressSum((done, total) -> heard.add(done + "/" + total));
        sum.at(0, 0);
        sum.at(4, 10);
        sum.at(10, 10);
        sum.at(0, 10);
        sum.at(10, 10);
        sum.at(7, 7);
        assertThat(heard).containsExactly("0/0", "4/10", "10/10", "10/20", "20/20", "27/27");
    }
}
