package dev.tramontane.api;

/** A group of routes. */
@FunctionalInterface
public interface ApiRoutes {

    /** Adds its routes; called once, before the service listens. */
    void mount(Endpoints endpoints);
}
