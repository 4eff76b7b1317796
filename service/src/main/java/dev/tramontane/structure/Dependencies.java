package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a schema asks of objects that have some member: {@code dependentRequired} and {@code dependentSchemas}. */
final class Dependencies {
    /**
     * Of one name.
     *
     * @param required what must be there, too
     * @param schema what the whole must satisfy; null for nothing
     */
    record Dependency(String name, List<String> required, Shape.@Nullable Part schema) {

        /** The values of a shape that have no member of the name: those that are no objects among them. */
        Shape absent(Shape of) {
            Shape absent = of.copy();
            absent.forbidden.add(name);
            return absent;
        }

        /** The objects of a shape that have it. */
        Shape present(Shape of) {
            Shape present = of.copy();
            present.types.retainAll(Set.of("object"));
            present.required.add(name);
            present.required.addAll(required);
            return present;
        }
    }

    private Dependencies() {}

    static List<Dependency> of(String pointer, Map<?, ?> schema) {
        List<Dependency> all = new ArrayList<>();
        members(pointer, schema, "dependentRequired").forEach((name, names) -> {
            if (!(names instanceof List<?> list) || !list.stream().allMatch(String.class::isInstance)) {
                throw new StructureException(
                        JsonPointer.join(pointer + "/dependentRequired", (String) name), "it wants a list of names");
            }
            all.add(new Dependency(
                    (String) name, list.stream().map(String.class::cast).toList(), null));
        });
        Map<?, ?> schemas = members(pointer, schema, "dependentSchemas");
        schemas.keySet()
                .forEach(name -> all.add(new Dependency(
                        (String) name, List.of(), JsonPointer.child(pointer + "/dependentSchemas", schemas, (String)
                                name))));
        return all;
    }

    private static Map<?, ?> members(String pointer, Map<?, ?> schema, String keyword) {
        if (!schema.containsKey(keyword)) {
            return Map.of();
        }
        if (schema.get(keyword) instanceof Map<?, ?> members) {
            return members;
        }
        throw new StructureException(pointer + "/" + keyword, keyword + " wants an object");
    }
}
