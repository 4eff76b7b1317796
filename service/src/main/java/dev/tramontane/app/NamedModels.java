package dev.tramontane.app;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The models that were asked for, each found as {@link NamedModel} finds one, with the name by which clients know it. */
final class NamedModels {
    /** NAME=MODEL; the rest of an address may have such a sign, too. */
    private static final Pattern NAMED = Pattern.compile("([\\p{Alnum}][\\p{Alnum}._:/-]{0,199})=(.+)");

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
            return List.of(NamedModel.chosen(configuration, environment, command));
        }
        if (asked.size() > 1 && configuration.model().name().isPresent()) {
            throw new UsageException(
                    Setting.SERVED_MODEL_NAME.flag() + " is the name of one model; of several give each" + " its own: "
                            + Setting.MODELS.flag() + " NAME=MODEL");
        }
        if (asked.size() > 1 && configuration.engine().draft().asked().isPresent()) {
            throw new UsageException(
                    Setting.DRAFT_MODEL.flag() + " guesses for one model; leave it out where several are served");
        }
        Configuration several = configuration.listing(asked);
        List<Configuration> chosen = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (String each : asked) {
            Configuration one = NamedModel.chosen(named(several, each), environment, command);
            String name = Models.name(one, Models.file(one));
            if (names.contains(name)) {
                throw new UsageException("two models would be called " + name + "; give one of them another name: "
                        + Setting.MODELS.flag() + " NAME=MODEL");
            }
            names.add(name);
            chosen.add(one);
        }
        return chosen;
    }

    private static Configuration named(Configuration configuration, String text) {
        Matcher named = NAMED.matcher(text);
        boolean alias = named.matches() && !named.group(1).contains("://") && !exists(text);
        return alias
                ? configuration.asking(named.group(2), Optional.of(named.group(1)))
                : configuration.asking(text, configuration.model().name());
    }

    private static boolean exists(String text) {
        try {
            return Files.exists(Path.of(text));
        } catch (InvalidPathException name) {
            return false;
        }
    }
}
