package dev.tramontane.model;

/**
 * What a stage is, for people.
 *
 * @param name where it is: "here", or an address as it was given
 * @param layers that it computes
 * @param there whether it can compute now
 */
public record StageFacts(String name, LayerRange layers, boolean there) {}
