package dev.tramontane.loadtest.client;

import dev.tramontane.loadtest.plan.InvalidPlanException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** What a server says of its models. */
final class Models {
    private Models() {}

    static String first(String url, int status, Buffer body) {
        if (status == 401 || status == 403) {
            throw new InvalidPlanException(url + " wants a key (status " + status
                    + "): give --keys FILE, or one in the variable LOADTEST_API_KEY");
        }
        try {
            JsonArray all = new JsonObject(body).getJsonArray("data", new JsonArray());
            if (status == 200 && !all.isEmpty() && all.getJsonObject(0).getString("id") != null) {
                return all.getJsonObject(0).getString("id");
            }
        } catch (DecodeException | ClassCastException malformed) {
            throw new InvalidPlanException(unknown(url, status, body), malformed);
        }
        throw new InvalidPlanException(unknown(url, status, body));
    }

    private static String unknown(String url, int status, Buffer body) {
        return url + "/v1/models names no model (status " + status + ", " + Clients.shown(body)
                + "): give --model NAME, or look at --url";
    }
}
