package dev.tramontane.model;

/**
 * Room for adapters in a model's memory, taken when the cache is sized.
 *
 * @param most adapters at a time; 0 for none
 * @param rank the largest of any matrix; 0 without adapters
 * @param type to which their numbers are rounded as they are loaded
 */
public record AdapterRoom(int most, int rank, Adapter.Type type) {
    public static final AdapterRoom NONE = new AdapterRoom(0, 0, Adapter.Type.F32);

    public AdapterRoom {
        if (most < 0 || rank < 0 || (most == 0) != (rank == 0)) {
            throw new IllegalArgumentException(
                    "room for adapters has a number and a rank, or neither, got " + most + " and " + rank);
        }
    }
}
