package dev.tramontane.api.responses;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which responses a request speaks of, before it is read: they may have to be brought here first. */
public final class References {
    /** More than a request needs to speak of are not looked for. */
    private static final int MOST = 64;

    private References() {}

    /** Ids of the responses that a request for a response goes on from, or takes items of. Whatever is wrong with it, it has some or none. */
    public static Set<String> of(@Nullable Object previous, @Nullable Object input) {
        Set<String> ids = new LinkedHashSet<>();
        if (previous instanceof String id) {
            ids.add(id);
        }
        if (input instanceof List<?> items) {
            for (Object item : items) {
                if (ids.size() < MOST
                        && item instanceof Map<?, ?> fields
                        && fields.get("id") instanceof String id
                        && refers(fields)) {
                    ids.add(StoredResponse.responseOf(id));
                }
            }
        }
        return ids;
    }

    /** As {@link InputItems} tells: what has a role is a message, even with the id that it had. */
    private static boolean refers(Map<?, ?> item) {
        Object type = item.get("type");
        return type == null ? item.get("role") == null : type.equals("item_reference");
    }
}
