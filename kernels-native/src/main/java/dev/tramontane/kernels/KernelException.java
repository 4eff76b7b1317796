package dev.tramontane.kernels;

/** The kernel library refused or failed; the message is its own, prefixed by what was attempted. */
public final class KernelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What went wrong, by class; {@code TM_*} of tramontane.h, and UNKNOWN for everything before the first call. */
    public enum Status {
        UNKNOWN,
        INVALID_ARGUMENT,
        OUT_OF_MEMORY,
        UNSUPPORTED,
        PENDING,
        WRONG_STATE,
        /** The device failed; the context can only be closed. */
        DEVICE_ERROR
    }

    private final Status status;

    KernelException(String message) {
        super(message);
        status = Status.UNKNOWN;
    }

    KernelException(String message, Throwable cause) {
        super(message, cause);
        status = Status.UNKNOWN;
    }

    KernelException(int status, String message) {
        super(message);
        this.status = switch (status) {
            case 1 -> Status.INVALID_ARGUMENT;
            case 2 -> Status.OUT_OF_MEMORY;
            case 3 -> Status.UNSUPPORTED;
            case 4 -> Status.PENDING;
            case 5 -> Status.WRONG_STATE;
            case 6 -> Status.DEVICE_ERROR;
            default -> Status.UNKNOWN;
        };
    }

    public Status status() {
        return status;
    }
}
