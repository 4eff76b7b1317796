package dev.tramontane.loadtest.plan;

/**
 * One of those who share a server.
 *
 * @param name in reports
 * @param key sent as a bearer token; empty for none. Never shown
 * @param share of all requests, beside the others' shares
 */
public record Tenant(String name, String key, double share) {
    public static final Tenant ANYONE = new Tenant("anyone", "", 1);

    @Override
    public String toString() {
        return name;
    }
}
