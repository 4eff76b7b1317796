package dev.tramontane.loadtest.client;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;

/** Heads of requests. */
final class Requests {
    private Requests() {}

    static RequestOptions of(HttpMethod method, String address, String key) {
        return withKey(new RequestOptions().setMethod(method).setAbsoluteURI(address), key);
    }

    static <T extends RequestOptions> T withKey(T options, String key) {
        if (!key.isEmpty()) {
            options.putHeader("Authorization", "Bearer " + key);
        }
        return options;
    }
}
