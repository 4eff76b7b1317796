package dev.tramontane.api.responses;

import dev.tramontane.api.ApiException;
import dev.tramontane.json.JsonWriter;
import dev.tramontane.json.Printable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One page of a response's input items, as OpenAI cuts them.
 *
 * @param after the id of the item that the page before ended with, or null
 * @param limit items
 * @param ascending from the first item on, rather than from the last
 */
record ItemPage(@Nullable String after, int limit, boolean ascending) {
    private static final int MOST = 100;
    private static final int USUAL = 20;
    private static final int SHOWN = 80;

    static ItemPage read(QueryFields query) {
        String order = query.text("order");
        if (order != null && !order.equals("asc") && !order.equals("desc")) {
            throw QueryFields.wrong("order", "asc or desc", order);
        }
        return new ItemPage(query.text("after"), (int) query.integer("limit", USUAL, 1, MOST), "asc".equals(order));
    }

    byte[] of(StoredResponse response) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < response.items().size(); i++) {
            order.add(i);
        }
        if (!ascending) {
            Collections.reverse(order);
        }
        int from = after == null ? 0 : order.indexOf(index(response, after)) + 1;
        List<Integer> page = order.subList(from, Math.min(order.size(), from + limit));
        return JsonWriter.bytes(json -> {
            json.writeStartObject();
            json.writeStringProperty("object", "list");
            json.writeName("data").writeStartArray();
            page.forEach(index -> ItemShape.write(json, response.items().get(index), response.itemId(index)));
            json.writeEndArray();
            json.writeStringProperty("first_id", page.isEmpty() ? null : response.itemId(page.getFirst()));
            json.writeStringProperty("last_id", page.isEmpty() ? null : response.itemId(page.getLast()));
            json.writeBooleanProperty("has_more", from + page.size() < order.size());
            json.writeEndObject();
        });
    }

    private static int index(StoredResponse response, String id) {
        for (int i = 0; i < response.items().size(); i++) {
            if (id.equals(response.itemId(i))) {
                return i;
            }
        }
        throw ApiException.field("after", "this response has no input item '" + Printable.of(id, SHOWN) + "'");
    }
}
