package dev.tramontane.api;

import dev.tramontane.api.ws.ClientProgram;
import dev.tramontane.fixtures.Needed;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.keys.KeyEntry;
import dev.tramontane.keys.KeyLimits;
import dev.tramontane.keys.KeyObserver;
import dev.tramontane.keys.KeyRing;
import dev.tramontane.keys.SecretKey;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** OpenAI's client knows our refusals as its own. */
@Tag("clients")
class KeyClientsTest {
    @Test
    void pythonTellsAWrongKeyFromALimit() throws Exception {
        String python = Needed.client("venv/bin/python").toString();
        String key = SecretKey.make(new SecureRandom());
        KeyRing ring =
                new KeyRing(List.of(new KeyEntry("client", SecretKey.hash(key), new KeyLimits(2, 0, 0, 0))), () -> 0);
        try (TestService service =
                TestService.keyed(Doorkeeper.of(ring, KeyObserver.NONE), new ScriptedEngine("answer"))) {
            ClientProgram.run(
                    python,
                    "src/test/clients/keys.py",
                    "http://127.0.0.1:" + service.port + "/v1",
                    TestService.MODEL,
                    key);
        }
    }
}
