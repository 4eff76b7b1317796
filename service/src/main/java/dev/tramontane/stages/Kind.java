package dev.tramontane.stages;

import org.jspecify.annotations.Nullable;

/** What a frame is. A head asks one thing at a time, a stage answers it. */
enum Kind {
    /** Nothing but that the other side lives. Either's. */
    PULSE(1),

    /** Head: what to be; see {@link StageOrder}. */
    ORDER(2),
    /** Head: the cache's shape. */
    SIZE(3),
    /** Head: a step; its rows in the bulk, unless it has tokens. */
    STEP(4),
    /** Head: a page is wanted. */
    READ_PAGE(5),
    /** Head: a page in the bulk. */
    WRITE_PAGE(6),
    /** Head: an adapter's parts, their numbers in the bulk. */
    LOAD_ADAPTER(7),
    /** Head. */
    DROP_ADAPTER(8),

    /** Stage: bytes prepared and to prepare, while an order is carried out. */
    LOADING(16),
    /** Stage: it is done; what was asked for is in the bulk. */
    DONE(17),
    /** Stage: it is not done, why in words; all is as before. */
    REFUSED(18),
    /** Stage: it can't go on, why in words; nothing follows. */
    FAILED(19);

    final int number;

    Kind(int number) {
        this.number = number;
    }

    static @Nullable Kind of(int number) {
        for (Kind kind : values()) {
            if (kind.number == number) {
                return kind;
            }
        }
        return null;
    }
}
