package dev.tramontane.kernels;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** Tells threads that call into native memory at once. One compare-and-swap: the price of an exception instead of a data race there. */
final class OneCaller {
    private static final VarHandle USER;

    static {
        try {
            USER = MethodHandles.lookup().findVarHandle(OneCaller.class, "user", Thread.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    /** The thread inside a call; written through {@link #USER}. */
    @SuppressWarnings("unused")
    private volatile @Nullable Thread user;

    /** @throws IllegalStateException when another call is under way */
    void enter() {
        Thread other = (Thread) USER.compareAndExchange(this, (Thread) null, Thread.currentThread());
        if (other != null) {
            throw new IllegalStateException("thread " + Thread.currentThread().getName()
                    + " called a kernel context while thread " + other.getName()
                    + " was inside it; calls come from one thread at a time");
        }
    }

    void leave() {
        USER.setRelease(this, (Thread) null);
    }
}
