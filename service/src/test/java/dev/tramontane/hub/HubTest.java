package dev.tramontane.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.hub.StoredModel.Place;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names through every hub and cache, and the store that keeps what came. */
class HubTest {
    private static final String COMMIT = "c".repeat(40);
    private static final String TOKEN = "hf_secret";
    private static final byte[] WEIGHTS = Pulled.bytes(2 * Pulled.SEGMENT + 5, 5);
    private static final byte[] CONFIG = "{\"a\":1}".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path folder;

    private HubServer server;
    private HubServer elsewhere;

    HubTest() throws IOException {
        server = new HubServer();
        elsewhere = new HubServer();
    }

    @BeforeEach
    void start() {
        Pulled.registry(server, WEIGHTS);
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        elsewhere.close();
    }

    private Path store() {
        return folder.resolve("store");
    }

    private Hub hub(Optional<String> token) {
        return new Hub(Pulled.config(
                store(), server.uri(), server.uri(), token, path -> Long.MAX_VALUE, Duration.ofMinutes(2)));
    }

    private Hub hub() {
        return hub(Optional.of(TOKEN));
    }

    private StoredModel pull(String name) throws InterruptedException {
        return hub().pull(References.parse(name), PullListener.NONE);
    }

    private static String git(byte[] bytes) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-1");
        digest.update(("blob " + bytes.length + "\0").getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest.digest(bytes));
    }

    /** A repository as the hub tells of it; its large files lie on another host. */
    private void repository(Map<String, byte[]> files) throws Exception {
        List<String> siblings = new ArrayList<>();
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            byte[] bytes = file.getValue();
            boolean large = bytes.length > 100;
            siblings.add("{\"rfilename\":\"" + file.getKey() + "\",\"size\":" + bytes.length + ",\"blobId\":\""
                    + git(bytes) + "\""
                    + (large
                            ? ",\"lfs\":{\"sha256\":\"" + Digest.sha256(bytes) + "\",\"size\":" + bytes.length
                                    + ",\"pointerSize\":134}"
                            : "")
                    + "}");
            String path = "/owner/repo/resolve/" + COMMIT + "/" + file.getKey();
            if (large) {
                elsewhere.file("/cdn/" + file.getKey(), bytes);
                server.on(
                        path,
                        request -> HubServer.redirect(URI.create(elsewhere.uri() + "/cdn/" + file.getKey()))
                                .with("X-Linked-Etag", "\"" + Digest.sha256(bytes) + "\""));
            } else {
                server.file(path, bytes);
            }
        }
        String info = "{\"id\":\"owner/repo\",\"sha\":\"" + COMMIT
                + "\",\"gated\":false,\"cardData\":{\"license\":\"apache-2.0\"},\"siblings\":["
                + String.join(",", siblings) + "]}";
        server.on("/api/models/owner/repo/revision/main?blobs=true", request -> HubServer.json(info));
    }

    @Test
    void aRepositoryComesAsADirectory() throws Exception {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("config.json", CONFIG);
        files.put("tokenizer.json", "{}".getBytes(StandardCharsets.UTF_8));
        files.put("model.safetensors", WEIGHTS);
        files.put("README.md", CONFIG);
        files.put("LICENSE", new byte[0]);
        repository(files);
        StoredModel model = pull("hf:owner/repo");
        assertThat(model.path()).isDirectory();
        assertThat(model.path().resolve("config.json")).hasBinaryContent(CONFIG);
        assertThat(model.path().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
        assertThat(model.path().resolve("README.md")).doesNotExist();
        assertThat(model.path().resolve("LICENSE")).isEmptyFile();
        assertThat(model.licence()).isEqualTo("apache-2.0");
        assertThat(model.revision()).isEqualTo(COMMIT);
        assertThat(server.requests())
                .isNotEmpty()
                .allSatisfy(
                        request -> assertThat(request.header("authorization")).isEqualTo("Bearer " + TOKEN));
        assertThat(elsewhere.requests())
                .isNotEmpty()
                .allSatisfy(
                        request -> assertThat(request.header("authorization")).isNull());
    }

    /** What is there already does not come again, small files among it, unless they have changed. */
    @Test
    void smallFilesComeOnce() throws Exception {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("config.json", CONFIG);
        files.put("tokenizer.json", "{}".getBytes(StandardCharsets.UTF_8));
        files.put("model.safetensors", WEIGHTS);
        repository(files);
        pull("hf:owner/repo");
        String path = "/owner/repo/resolve/" + COMMIT + "/config.json";
        int before = server.requests(path).size();
        pull("hf:owner/repo");
        assertThat(server.requests(path)).hasSize(before);
        byte[] changed = CONFIG.clone();
        changed[changed.length - 1] ^= 1;
        files.put("config.json", changed);
        repository(files);
        assertThat(pull("hf:owner/repo").path().resolve("config.json")).hasBinaryContent(changed);
        assertThat(server.requests(path).size()).isGreaterThan(before);
    }

    @Test
    void smallFilesAreCheckedByGit() throws Exception {
        repository(new TreeMap<>(Map.of("x.gguf", CONFIG)));
        server.file("/owner/repo/resolve/" + COMMIT + "/x.gguf", "{\"a\":2}".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> pull("hf:owner/repo"))
                .hasMessageContaining("git's SHA-1")
                .hasMessageContaining(git(CONFIG));
    }

    /** Where the hub lists no sum it may still say one on the way. */
    @Test
    void whatTheHubSaysOnTheWayIsChecked() throws Exception {
        server.on(
                "/api/models/owner/repo/revision/main?blobs=true",
                request -> HubServer.json("{\"sha\":\"" + COMMIT
                        + "\",\"siblings\":[{\"rfilename\":\"x.gguf\",\"size\":" + WEIGHTS.length + "}]}"));
        server.on(
                "/owner/repo/resolve/" + COMMIT + "/x.gguf",
                request -> HubServer.part(request, WEIGHTS).with("X-Linked-Etag", "\"" + "1".repeat(64) + "\""));
        assertThatThrownBy(() -> pull("hf:owner/repo")).hasMessageContaining("and should be " + "1".repeat(64));
    }

    @Test
    void gatedRepositoriesAreExplained() {
        String path = "/api/models/owner/repo/revision/main?blobs=true";
        server.on(path, request -> HubServer.reply(401, new byte[0]));
        assertThatThrownBy(() -> hub(Optional.empty()).pull(References.parse("hf:owner/repo"), PullListener.NONE))
                .isInstanceOfSatisfying(
                        HubException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(Kind.DENIED))
                .hasMessageContaining("Accept its terms at 127.0.0.1")
                .hasMessageContaining("set HF_TOKEN");
        server.on(path, request -> HubServer.reply(403, new byte[0]));
        assertThatThrownBy(() -> pull("hf:owner/repo"))
                .hasMessageContaining("the token in HF_TOKEN or its file may not read it")
                .hasMessageNotContaining(TOKEN);
    }

    @Test
    void licencesAreSaidAndWhatIsNotUsed() throws Exception {
        byte[] licence = "\n  Apache License  \nVersion 2.0".getBytes(StandardCharsets.UTF_8);
        String sum = Digest.sha256(licence);
        server.on(
                "/v2/library/tiny/manifests/latest",
                request -> HubServer.json(Pulled.manifest(
                        WEIGHTS, Pulled.layer("license", sum, licence.length), Pulled.layer("template", sum, 1))));
        server.file("/v2/library/tiny/blobs/sha256:" + sum, licence);
        List<PullPlan> plans = new ArrayList<>();
        StoredModel model = hub().pull(References.parse("tiny"), new PullListener() {
            @Override
            public void planned(PullPlan plan, long missing) {
                plans.add(plan);
            }
        });
        assertThat(model.licence()).isEqualTo("Apache License");
        assertThat(plans.getFirst().remarks()).singleElement().asString().contains("Ollama's own: template");
        assertThat(server.requests())
                .allSatisfy(
                        request -> assertThat(request.header("authorization")).isNull());
    }

    @Test
    void aFileOfAUrl() throws Exception {
        elsewhere.file("/m/x.gguf", WEIGHTS);
        String url = elsewhere.uri() + "/m/x.gguf";
        StoredModel model = pull(url);
        assertThat(model.path()).hasFileName("x.gguf").hasBinaryContent(WEIGHTS);
        int before = elsewhere.requests().size();
        pull(url);
        assertThat(elsewhere.requests()).hasSize(before + 1); // It has not changed.
        pull(url + "#sha256=" + Digest.sha256(WEIGHTS));
        int summed = elsewhere.requests().size();
        pull(url + "#sha256=" + Digest.sha256(WEIGHTS));
        assertThat(elsewhere.requests()).hasSize(summed); // It can be no other.
        assertThatThrownBy(() -> pull(url + "#sha256=" + "0".repeat(64)))
                .hasMessageContaining("damaged or another file");
    }

    private static byte[] tar() {
        return new TarFile()
                .directory("mistral/")
                .file("mistral/params.json", CONFIG)
                .file("mistral/consolidated.safetensors", WEIGHTS)
                .file("mistral/tokenizer.model.v3", CONFIG)
                .whole();
    }

    @Test
    void aTarIsUnpackedAsItComes() throws Exception {
        elsewhere.file("/m.tar", tar());
        StoredModel model = pull(elsewhere.uri() + "/m.tar#sha256=" + Digest.sha256(tar()));
        assertThat(model.path().resolve("params.json")).hasBinaryContent(CONFIG);
        assertThat(model.path().resolve("consolidated.safetensors")).hasBinaryContent(WEIGHTS);
        assertThat(model.files()).hasSize(3);
        elsewhere.on("/whole.tar", request -> HubServer.reply(200, tar())); // which gives no parts
        assertThat(pull(elsewhere.uri() + "/whole.tar").path().resolve("params.json"))
                .hasBinaryContent(CONFIG);
        elsewhere.on("/cut.tar", request -> HubServer.part(request, tar()).cutAfter(3000));
        assertThat(pull(elsewhere.uri() + "/cut.tar").files()).hasSize(3);
    }

    @Test
    void aTarThatIsAnotherOrClimbsLeavesNothing() throws Exception {
        elsewhere.file("/m.tar", tar());
        elsewhere.file(
                "/up.tar",
                new TarFile().file("config.json", CONFIG).file("../x", CONFIG).whole());
        elsewhere.file("/none.tar", new TarFile().file("x.txt", CONFIG).whole());
        elsewhere.file("/cut.tar", new TarFile().file("config.json", CONFIG).cut());
        assertThatThrownBy(() -> pull(elsewhere.uri() + "/m.tar#sha256=" + "0".repeat(64)))
                .hasMessageContaining("SHA-256 is " + Digest.sha256(tar()));
        assertThatThrownBy(() -> pull(elsewhere.uri() + "/up.tar")).hasMessageContaining("leads elsewhere than down");
        assertThatThrownBy(() -> pull(elsewhere.uri() + "/none.tar")).hasMessageContaining("holds no model");
        assertThatThrownBy(() -> pull(elsewhere.uri() + "/cut.tar")).hasMessageContaining("ends too early");
        assertThat(hub().list()).isEmpty();
        assertThat(files(store())).isEmpty();
    }

    /** A record that could not be read again would be in the way of every list. */
    @Test
    void whatCouldNotBeNotedIsRefused() throws Exception {
        TarFile many = new TarFile().file("config.json", CONFIG);
        for (int i = 0; i < 5_000; i++) {
            many.file("f" + i, new byte[0]);
        }
        elsewhere.file("/many.tar", many.whole());
        assertThatThrownBy(() -> pull(elsewhere.uri() + "/many.tar"))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("what is to be noted of");
        assertThat(hub().list()).isEmpty();
        assertThat(hub().prune().files()).isGreaterThan(5_000); // What is unpacked lies in a folder, and counts.
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> !name.equals(".lock"))
                    .toList();
        }
    }

    private StoredModel inOllama(String name) throws IOException {
        Path blobs = Files.createDirectories(folder.resolve("ollama/blobs"));
        Path manifests = Files.createDirectories(folder.resolve("ollama/manifests/registry.ollama.ai/library/" + name));
        Files.write(blobs.resolve("sha256-" + Digest.sha256(WEIGHTS)), WEIGHTS);
        Files.writeString(manifests.resolve("latest"), Pulled.manifest(WEIGHTS));
        Files.writeString(manifests.resolve("broken"), "{");
        return hub().find(References.parse(name)).orElseThrow();
    }

    private Path inHuggingFace() throws IOException {
        Path repository = folder.resolve("huggingface/models--owner--repo");
        Path snapshot = Files.createDirectories(repository.resolve("snapshots").resolve(COMMIT));
        Files.createDirectories(repository.resolve("refs"));
        Files.writeString(repository.resolve("refs/main"), COMMIT);
        Files.createDirectories(repository.resolve("blobs"));
        Files.write(repository.resolve("blobs/x"), WEIGHTS);
        Files.createSymbolicLink(snapshot.resolve("model.safetensors"), Path.of("../../blobs/x"));
        Files.write(snapshot.resolve("config.json"), CONFIG);
        return snapshot;
    }

    @Test
    void whatOllamaHasIsReadWhereItLies() throws Exception {
        StoredModel model = inOllama("mistral");
        assertThat(model.place()).isEqualTo(Place.OLLAMA);
        assertThat(model.path())
                .hasBinaryContent(WEIGHTS)
                .isEqualTo(folder.resolve("ollama/blobs/sha256-" + Digest.sha256(WEIGHTS)));
        assertThat(pull("mistral")).isEqualTo(model);
        assertThat(server.requests()).isEmpty();
        assertThat(hub().list()).containsExactly(model);
        assertThatThrownBy(() -> hub().remove(References.parse("mistral")))
                .hasMessageContaining("lies in Ollama's cache, which is only read");
        Files.write(model.path(), CONFIG); // As while Ollama is still at it.
        assertThat(hub().find(References.parse("mistral"))).isEmpty();
    }

    @Test
    void whatHuggingFaceHasIsReadWhereItLies() throws Exception {
        Path snapshot = inHuggingFace();
        assertThat(hub().find(References.parse("hf:owner/repo"))).isEmpty(); // There is no tokenizer yet.
        Files.write(snapshot.resolve("tokenizer.json"), CONFIG);
        StoredModel model = hub().find(References.parse("hf:owner/repo")).orElseThrow();
        assertThat(model.place()).isEqualTo(Place.HUGGING_FACE);
        assertThat(model.path()).isEqualTo(snapshot);
        assertThat(model.bytes()).isEqualTo(WEIGHTS.length + 2L * CONFIG.length);
        assertThat(hub().find(References.parse("hf:owner/repo@" + COMMIT)).map(StoredModel::path))
                .contains(snapshot);
        assertThat(hub().find(References.parse("hf:owner/repo@other"))).isEmpty();
        assertThat(hub().list()).containsExactly(model);
        assertThatThrownBy(() -> hub().remove(References.parse("hf:owner/repo")))
                .hasMessageContaining("Hugging Face's cache");
    }

    /** Blobs that two names have stay until both have gone. */
    @Test
    void namesShareWhatIsTheSame() throws Exception {
        server.on("/v2/library/tiny/manifests/other", request -> HubServer.json(Pulled.manifest(WEIGHTS)));
        pull("tiny");
        pull("tiny:other");
        assertThat(server.requests(Pulled.blobPath(WEIGHTS))).hasSize(4);
        assertThat(names()).containsExactly("tiny:latest", "tiny:other");
        assertThat(hub().remove(References.parse("tiny"))).isTrue();
        assertThat(hub().remove(References.parse("tiny"))).isFalse();
        assertThat(hub().find(References.parse("tiny:other")).orElseThrow().path())
                .hasBinaryContent(WEIGHTS);
        assertThat(hub().remove(References.parse("tiny:other"))).isTrue();
        assertThat(files(store())).isEmpty();
    }

    private List<String> names() {
        return hub().list().stream().map(model -> model.reference().text()).collect(Collectors.toList());
    }

    @Test
    void aNewerModelTakesTheOldOnesPlace() throws Exception {
        StoredModel old = pull("tiny");
        byte[] newer = Pulled.bytes(1000, 9);
        Pulled.registry(server, newer);
        StoredModel model = pull("tiny");
        assertThat(model.path()).hasBinaryContent(newer);
        assertThat(old.path()).doesNotExist();
        assertThat(hub().prune()).isEqualTo(new Hub.Pruned(1, WEIGHTS.length));
        assertThat(hub().find(References.parse("tiny"))).contains(model);
    }

    /** Nothing of a model goes while it is pulled again, and one that lacks a link comes again. */
    @Test
    void whatIsThereStaysWhileItIsPulledAgain() throws Exception {
        Path path = pull("tiny").path();
        Path kept = Files.createFile(path.resolveSibling("kept"));
        assertThat(pull("tiny").path()).isEqualTo(path);
        assertThat(kept).exists();
        Files.delete(path); // As a kill leaves it.
        assertThat(hub().find(References.parse("tiny"))).isEmpty();
        assertThat(pull("tiny").path()).isEqualTo(path).hasBinaryContent(WEIGHTS);
    }

    @Test
    void whatIsUnfinishedIsPruned() throws Exception {
        server.on(
                Pulled.blobPath(WEIGHTS),
                request -> HubServer.from(request) == 0 && !"bytes=0-0".equals(request.header("range"))
                        ? HubServer.reply(404, new byte[0])
                        : HubServer.part(request, WEIGHTS));
        assertThatThrownBy(() -> pull("tiny")).isInstanceOf(HubException.class);
        assertThat(files(store())).hasSize(2);
        assertThat(hub().prune().files()).isEqualTo(2);
        assertThat(files(store())).isEmpty();
        assertThat(new Hub(Pulled.config(folder.resolve("none"), Pulled.NOWHERE, Pulled.NOWHERE)).prune())
                .isEqualTo(new Hub.Pruned(0, 0));
    }

    /** Nobody says this file's sum: what is not there must not be taken for zeros. */
    @Test
    void aPartThatWasCutShortBeginsAnew() throws Exception {
        String url = elsewhere.uri() + "/x.gguf";
        elsewhere.on(
                "/x.gguf",
                request -> HubServer.from(request) == Pulled.SEGMENT
                        ? HubServer.reply(404, new byte[0])
                        : HubServer.part(request, WEIGHTS));
        assertThatThrownBy(() -> pull(url)).isInstanceOf(HubException.class);
        Path part;
        try (Stream<Path> all = Files.list(store().resolve("partial"))) {
            part = all.filter(file -> !file.toString().endsWith(".json"))
                    .findFirst()
                    .orElseThrow();
        }
        Files.write(part, new byte[10]);
        elsewhere.file("/x.gguf", WEIGHTS);
        assertThat(pull(url).path()).hasBinaryContent(WEIGHTS);
    }

    /** Nobody says its sum or a strong ETag: half of one file and half of another would not be noticed. */
    @Test
    void aPartThatIsNotKnownAgainBeginsAnew() throws Exception {
        String url = elsewhere.uri() + "/x.gguf";
        elsewhere.on(
                "/x.gguf",
                request -> HubServer.from(request) == 2 * Pulled.SEGMENT
                        ? HubServer.reply(404, new byte[0])
                        : HubServer.part(request, WEIGHTS).with("ETag", "W/\"1\""));
        assertThatThrownBy(() -> pull(url)).isInstanceOf(HubException.class);
        byte[] newer = Pulled.bytes(WEIGHTS.length, 6);
        elsewhere.on("/x.gguf", request -> HubServer.part(request, newer).with("ETag", "W/\"2\""));
        assertThat(pull(url).path()).hasBinaryContent(newer);
    }

    /** All of a tar that comes without parts lies beside what is unpacked of it. */
    @Test
    void aTarWithoutPartsNeedsTwiceTheRoom() {
        elsewhere.on("/whole.tar", request -> HubServer.reply(200, tar()));
        Hub hub = new Hub(Pulled.config(
                store(),
                server.uri(),
                server.uri(),
                Optional.empty(),
                path -> (64L << 20) + tar().length,
                Duration.ofMinutes(2)));
        assertThatThrownBy(() -> hub.pull(References.parse(elsewhere.uri() + "/whole.tar"), PullListener.NONE))
                .hasMessageContaining("MB are free: make room");
    }

    /** Whoever may write to the store could have written anything. */
    @Test
    void aRecordThatClimbsIsRefused() throws Exception {
        pull("tiny");
        Path record;
        try (Stream<Path> all = Files.walk(store())) {
            record = all.filter(file -> file.endsWith("model.json")).findFirst().orElseThrow();
        }
        String sound = Files.readString(record);
        Files.writeString(record, sound.replace("tiny-latest.gguf", "../../../x.gguf"));
        assertThatThrownBy(() -> hub().list())
                .isInstanceOfSatisfying(
                        HubException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(Kind.STORE))
                .hasMessageContaining("lead down");
        assertThatThrownBy(() -> hub().prune()).isInstanceOf(HubException.class);
        Files.writeString(record, sound);
        assertThat(names()).containsExactly("tiny:latest");
    }

    @Test
    void aStoreThatCannotBeUsedIsSaid() throws IOException {
        Files.writeString(folder.resolve("store"), "a file");
        assertThatThrownBy(() -> pull("tiny"))
                .isInstanceOfSatisfying(
                        HubException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(Kind.STORE))
                .hasMessageStartingWith("the models in " + store() + " cannot be used: ");
        assertThatThrownBy(() -> hub().pull(References.parse("file:x"), PullListener.NONE))
                .hasMessage("x is of this machine: say it where a model is asked for");
    }

    @Test
    void secretsAreNotShown() {
        HubConfig config = Pulled.config(
                store(), server.uri(), server.uri(), Optional.of(TOKEN), path -> 1, Duration.ofSeconds(1));
        assertThat(config.toString()).doesNotContain(TOKEN);
        assertThat(new Endpoint(server.uri(), TOKEN).toString()).doesNotContain(TOKEN);
    }
}
