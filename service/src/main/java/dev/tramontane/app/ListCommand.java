package dev.tramontane.app;

import dev.tramontane.hub.StoredModel;
import dev.tramontane.hub.StoredModel.Place;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code tramontane list}: the models that are here by name. */
@CommandLine.Command(
        name = "list",
        description = "List the models that are here by name: those that were pulled, and those of Ollama's and Hugging"
                + " Face's caches. Asks nobody.")
final class ListCommand extends Command {
    @Option(names = "--json", description = "Print one JSON object in place of a table.")
    private boolean json;

    ListCommand(Environment environment) {
        super(environment);
    }

    @Override
    List<Setting> settings() {
        return CommandSettings.ofHubs();
    }

    @Override
    int run(Configuration configuration) {
        List<StoredModel> models = Hubs.here(configuration, environment()).list();
        if (json) {
            environment().out().println(object(models).encodePrettily());
        } else if (models.isEmpty()) {
            environment().out().println("no models; tramontane pull mistral fetches one");
        } else {
            print(models);
        }
        return ExitCode.OK;
    }

    private void print(List<StoredModel> models) {
        int width = models.stream()
                .mapToInt(model -> model.reference().text().length())
                .max()
                .orElse(0);
        String form = "%-" + Math.max(4, width) + "s  %10s  %-14s  %s%n";
        environment().out().printf(Locale.ROOT, form, "NAME", "SIZE", "WHERE", "SINCE (UTC)");
        for (StoredModel model : models) {
            environment()
                    .out()
                    .printf(
                            Locale.ROOT,
                            form,
                            model.reference().text(),
                            PullProgress.size(model.bytes()),
                            model.place().label(),
                            model.since().truncatedTo(ChronoUnit.MINUTES));
        }
    }

    private static JsonObject object(List<StoredModel> models) {
        JsonArray list = new JsonArray();
        for (StoredModel model : models) {
            list.add(new JsonObject()
                    .put("name", model.reference().text())
                    .put("path", model.path().toString())
                    .put("bytes", model.bytes())
                    .put(
                            "cache",
                            model.place() == Place.OWN
                                    ? "own"
                                    : SettingValues.lower(model.place().name()))
                    .put("since", model.since().truncatedTo(ChronoUnit.SECONDS).toString())
                    .put("licence", model.licence())
                    .put("revision", model.revision()));
        }
        return new JsonObject().put("models", list);
    }
}
