package dev.tramontane.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.Mutations;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys as OpenSSH 9 wrote them, as we write them, and such as are none. */
class SigningKeyTest {
    /** Of nobody: made for this test by ssh-keygen -t ed25519. */
    static final String PLAIN = """
            -----BEGIN OPENSSH PRIVATE KEY-----
            b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
            QyNTUxOQAAACD+qBuMvYe9Eu4FjpUBVorMnCkKu1D/l2TDlfzqOPRHVwAAAJjt89Xw7fPV
            8AAAAAtzc2gtZWQyNTUxOQAAACD+qBuMvYe9Eu4FjpUBVorMnCkKu1D/l2TDlfzqOPRHVw
            AAAEDX1ruph7PMoHqnqABJKOFKkfEVOSTdgxv07kR4uqlyz/6oG4y9h70S7gWOlQFWisyc
            KQq7UP+XZMOV/Oo49EdXAAAAFGEgdGVzdCBvZiBUcmFtb250YW5lAQ==
            -----END OPENSSH PRIVATE KEY-----
            """;

    static final String PLAIN_PUBLIC =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP6oG4y9h70S7gWOlQFWisycKQq7UP+XZMOV/Oo49EdX";

    private static final String LOCKED = """
            -----BEGIN OPENSSH PRIVATE KEY-----
            b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABDn6KPnOy
            n12rbc3D5f/7M8AAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIM4tgyUv8Ok42Mt4
            g9zcJ/c+BrFA9yb5LuUZFKUNoZiSAAAAkPJNw9uex6WZ5PFYy2rx84vvgJgxsp3k+1M2rD
            tzedQJHKdltKtQNM1vNCV07XRPnPGSdcFEMUq1qh1X5o8F+9N5/wiUsrS2NTgsSB+YbZfE
            CjyfaodGPdHpjNcm1pcshZgO/vJJY3FElAsRCA2o/47F+CoUWMgBEICLHcAEfKK6lSJeeW
            DSdExw4uMbBiI2NA==
            -----END OPENSSH PRIVATE KEY-----
            """;

    private static final String ECDSA = """
            -----BEGIN OPENSSH PRIVATE KEY-----
            b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS
            1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQRQc+Gt+vtEQEL8mTeTet7OMhKXFwjQ
            96ASTzLLmd5tcIiAaelHzBlZQ30bbl9RvrlEuGRnA4aWPIW0qopUJN4dAAAAmBRWVJwUVl
            ScAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFBz4a36+0RAQvyZ
            N5N63s4yEpcXCND3oBJPMsuZ3m1wiIBp6UfMGVlDfRtuX1G+uUS4ZGcDhpY8hbSqilQk3h
            0AAAAgbQH94JyTebbZAyR9mSCIdZlYTXAvwMrlBwFQh4DH/+4AAAAA
            -----END OPENSSH PRIVATE KEY-----
            """;

    /** RFC 8032, 7.1, test 3. */
    private static final String SEED = "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7";

    private static final String PUBLIC = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
    private static final String SIGNATURE = "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";

    @TempDir
    Path folder;

    private SigningKeys keys(Path given) {
        return new SigningKeys(Optional.of(given), Optional.empty());
    }

    private Path file(String text) throws Exception {
        Path file = Files.writeString(folder.resolve("key"), text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file;
    }

    @Test
    void opensshsKeysAreReadAndWritten() {
        SigningKey key = SigningKey.read(PLAIN, "it");
        assertThat(key.publicLine()).isEqualTo(PLAIN_PUBLIC);
        SigningKey again = SigningKey.read(key.text(), "it");
        assertThat(again.publicLine()).isEqualTo(PLAIN_PUBLIC);
        byte[] message = {1, 2, 3};
        assertThat(again.sign(message)).isEqualTo(key.sign(message));
        SigningKey made = SigningKey.make();
        assertThat(SigningKey.read(made.text(), "it").publicLine())
                .isEqualTo(made.publicLine())
                .isNotEqualTo(SigningKey.make().publicLine());
    }

    /** Its seed put in place of the one that a file has. */
    @Test
    void signaturesAreThoseOfTheStandard() {
        byte[] seed = HexFormat.of().parseHex(SEED);
        byte[] half = HexFormat.of().parseHex(PUBLIC);
        List<String> lines = PLAIN.lines().toList();
        byte[] file = Base64.getDecoder().decode(String.join("", lines.subList(1, lines.size() - 1)));
        byte[] before = Base64.getDecoder().decode(PLAIN_PUBLIC.substring(12));
        for (int at = 0; at + 32 <= file.length; at++) {
            if (Arrays.equals(file, at, at + 32, before, before.length - 32, before.length)) {
                System.arraycopy(half, 0, file, at, 32);
            }
        }
        int secret =
                new String(file, StandardCharsets.ISO_8859_1).lastIndexOf(new String(half, StandardCharsets.ISO_8859_1))
                        - 32;
        System.arraycopy(seed, 0, file, secret, 32);
        SigningKey key = SigningKey.read(
                lines.getFirst() + "\n" + Base64.getEncoder().encodeToString(file) + "\n" + lines.getLast(), "it");
        assertThat(key.sign(new byte[] {(byte) 0xaf, (byte) 0x82}))
                .isEqualTo(HexFormat.of().parseHex(SIGNATURE));
    }

    @Test
    void whatIsNoneIsSaid() {
        for (String[] row : new String[][] {
            {"", "does not begin and end as"},
            {"ssh-ed25519 AAAA", "does not begin and end as"},
            {LOCKED, "locked with a passphrase"},
            {ECDSA, "no ed25519 key"},
            {PLAIN.replace("b3BlbnNz", "c3BlbnNz"), "of another format"},
            {
                PLAIN.lines().limit(3).reduce("", String::concat) + "-----END OPENSSH PRIVATE KEY-----",
                "cut off or damaged"
            },
            {PLAIN.replace("QyNTUxOQAAACD+qBuMvYe9Eu4FjpUBVorMnCkKu1D/l2TDlfzqOPRHVwAAAJjt89Xw7fPV\n", ""), "damaged"},
            {PLAIN.replace("AAAEDX1ruph7PM", "AAAEDX1ruph8PM"), "damaged"},
        }) {
            assertThatThrownBy(() -> SigningKey.read(row[0], "/k"))
                    .isInstanceOf(HubException.class)
                    .hasMessageStartingWith("the key /k cannot be used: ")
                    .hasMessageContaining(row[1]);
        }
    }

    @Test
    void anythingIsReadOrRefused() {
        Mutations.ofText(List.of(PLAIN), List.of("AAAA", "////", "=", "\n"), HubException.class)
                .run(2_000, input -> SigningKey.read(new String(input, StandardCharsets.ISO_8859_1), "it"));
    }

    @Test
    void aGivenKeyIsReadAndNotWritten() throws Exception {
        Path file = file(PLAIN);
        assertThat(keys(file).findOrMake().orElseThrow().publicLine()).isEqualTo(PLAIN_PUBLIC);
        assertThat(file).hasContent(PLAIN);
        try (Stream<Path> all = Files.list(folder)) {
            assertThat(all).containsExactly(file);
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertThatThrownBy(() -> keys(file).find()).hasMessageContaining("is open to others: chmod 600");
        assertThatThrownBy(() -> keys(folder).find()).hasMessageContaining("is not there, or is no file");
        assertThatThrownBy(() -> keys(file("x".repeat(20_000))).find())
                .isInstanceOf(HubException.class)
                .hasMessageContaining("cannot be read");
    }

    /** One for all, whoever is first; nobody else may read it. */
    @Test
    void oneIsMadeForItsOwnerAlone() throws Exception {
        Path own = folder.resolve("a/keys");
        SigningKeys keys = new SigningKeys(Optional.empty(), Optional.of(own));
        assertThat(keys.find()).isEmpty();
        assertThat(own).doesNotExist();
        Callable<String> ask = () -> keys.findOrMake().orElseThrow().publicLine();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> all = threads.invokeAll(List.of(ask, ask, ask, ask));
            for (Future<String> one : all) {
                assertThat(one.get()).isEqualTo(keys.find().orElseThrow().publicLine());
            }
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(own.resolve("id_ed25519"))))
                .isEqualTo("rw-------");
        assertThat(own.resolve("id_ed25519.pub"))
                .hasContent(keys.find().orElseThrow().publicLine());
    }
}
