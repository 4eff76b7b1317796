package dev.tramontane.app;

import dev.tramontane.hub.Hub;
import dev.tramontane.hub.Reference;
import dev.tramontane.hub.References;
import dev.tramontane.hub.StoredModel;
import dev.tramontane.hub.StoredModel.Place;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code tramontane pull}: fetches models by name. */
@CommandLine.Command(
        name = "pull",
        description = "Fetch models by name, or what is newer of them: mistral or mistral:TAG of Ollama's registry,"
                + " hf:OWNER/REPOSITORY[/FILE.gguf][@REVISION] of the Hugging Face hub, https://HOST/FILE.gguf, or a .tar"
                + " or .zip with a model's directory. What was cut off goes on. Every file's sum is checked. What Ollama or"
                + " Hugging Face's libraries have fetched already is used where it lies.",
        footer = {
            "",
            "Examples:",
            "  tramontane pull mistral",
            "  tramontane pull hf:mistralai/Mistral-7B-Instruct-v0.3",
            "  tramontane pull https://example.org/model.gguf#sha256=SUM"
        })
final class PullCommand extends Command {
    @Parameters(arity = "1..*", paramLabel = "NAME", description = "What to fetch.")
    private List<String> names = List.of();

    PullCommand(Environment environment) {
        super(environment);
    }

    @Override
    List<Setting> settings() {
        return CommandSettings.ofHubs(Setting.OLLAMA_REGISTRY, Setting.OLLAMA_KEY, Setting.HF_ENDPOINT);
    }

    @Override
    int run(Configuration configuration) throws InterruptedException {
        List<Reference> references = names.stream().map(References::parse).toList();
        Hub hub = Hubs.of(configuration, environment());
        for (Reference reference : references) {
            StoredModel model = PullProgress.pull(hub, reference, environment());
            String where =
                    model.place() == Place.OWN ? "" : " in " + model.place().label() + " cache";
            environment()
                    .out()
                    .println(reference.text() + " is here" + where + ", " + PullProgress.size(model.bytes()) + ": "
                            + model.path());
        }
        return ExitCode.OK;
    }
}
