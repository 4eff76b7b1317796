package dev.tramontane.app;

import java.util.ArrayList;
import java.util.List;

/** The models that were asked for, each found as {@link NamedModel} finds one, with the name by which clients know it. */
final class NamedModels {
    private NamedModels() {}

    /**
     * One configuration for each, all alike but for the model, the first being that of requests that name none. May fetch.
     *
     * @throws UsageException when one is neither here nor to be fetched, or two have one name
     */
    static List<Configuration> chosen(Configuration configuration, Environment environment, String command)
            throws InterruptedException {
        List<String> asked = new ArrayList<>();
        configuration.model().asked().ifPresent(asked::add);
        asked.addAll(configuration.registry().more());
        if (asked.size() < 2 && configuration.registry().more().isEmpty()) {
            return drafted(List.of(NamedModel.model(configuration, environment, command)), environment, command);
        }
        if (asked.size() > 1 && configuration.model().name().isPresent()) {
            throw new UsageException(
                    Setting.SERVED_MODEL_NAME.flag() + " is the name of one model; of several give each" + " its own: "
                            + Setting.MODELS.flag() + " NAME=MODEL");
        }
        Configuration several = configuration.listing(asked);
        List<Configuration> chosen = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (String each : asked) {
            Configuration one = NamedModel.model(named(several, each), environment, command);
            String name = Models.name(one);
            if (names.contains(name)) {
                throw new UsageException("two models would be called " + name + "; give one of them another name: "
                        + Setting.MODELS.flag() + " NAME=MODEL");
            }
            names.add(name);
            chosen.add(one);
        }
        return drafted(chosen, environment, command);
    }

    private static List<Configuration> drafted(List<Configuration> models, Environment environment, String command)
            throws InterruptedException {
        return DraftBinding.of(models, draft -> NamedModel.found(models.getFirst(), draft, environment, command));
    }

    private static Configuration named(Configuration configuration, String text) {
        NamedText named = NamedText.of(text);
        return configuration.asking(
                named.text(), named.name().or(() -> configuration.model().name()));
    }
}
