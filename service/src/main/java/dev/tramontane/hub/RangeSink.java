package dev.tramontane.hub;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Takes a body as it comes, into a file or into memory, and no more of it than was asked for. */
final class RangeSink implements BodySubscriber<byte[]> {
    private final Target target;
    private final Supplier<byte[]> whole;
    private final long most;
    private final LongConsumer progress;
    private final CompletableFuture<byte[]> end = new CompletableFuture<>();
    private Flow.@Nullable Subscription subscription;
    private volatile long written; // By one thread at a time.

    /** Where bytes go. */
    @FunctionalInterface
    private interface Target {
        /** @param at how many came before */
        void write(ByteBuffer piece, long at) throws IOException;
    }

    private RangeSink(Target target, Supplier<byte[]> whole, long most, LongConsumer progress) {
        this.target = target;
        this.whole = whole;
        this.most = most;
        this.progress = progress;
    }

    /**
     * Into a file; its end is no bytes.
     *
     * @param position in the file of the first byte
     * @param most bytes that the body may have
     * @param progress hears how many bytes came, each time
     */
    static RangeSink into(FileChannel file, long position, long most, LongConsumer progress) {
        return new RangeSink((piece, at) -> write(file, piece, position + at), () -> new byte[0], most, progress);
    }

    /** Into memory; its end is all of them. */
    static RangeSink inMemory(int most) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        return new RangeSink(
                (piece, at) -> {
                    byte[] copy = new byte[piece.remaining()];
                    piece.get(copy);
                    bytes.write(copy);
                },
                bytes::toByteArray,
                most,
                count -> {});
    }

    private static void write(FileChannel file, ByteBuffer piece, long position) throws IOException {
        long at = position;
        while (piece.hasRemaining()) {
            try {
                at += file.write(piece, at);
            } catch (IOException refused) {
                throw new UnwritableException(refused);
            }
        }
    }

    /** Bytes so far. Any thread. */
    long written() {
        return written;
    }

    @Override
    public CompletionStage<byte[]> getBody() {
        return end;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription = given;
        given.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> pieces) {
        Flow.Subscription from = subscription;
        if (from == null || end.isDone()) {
            return;
        }
        try {
            for (ByteBuffer piece : pieces) {
                if (written + piece.remaining() > most) {
                    throw new TooLongException();
                }
                int length = piece.remaining();
                long before = written;
                target.write(piece, before);
                written = before + length;
                progress.accept(length);
            }
            from.request(1);
        } catch (IOException failure) {
            from.cancel();
            end.completeExceptionally(failure);
        }
    }

    @Override
    public void onError(Throwable failure) {
        end.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
        end.complete(whole.get());
    }

    /** More came than was asked for. */
    static final class TooLongException extends IOException {
        private static final long serialVersionUID = 1L;
    }

    /** The file took no more: nothing of the network's. */
    static final class UnwritableException extends IOException {
        private static final long serialVersionUID = 1L;

        private final IOException reason;

        UnwritableException(IOException reason) {
            super(reason);
            this.reason = reason;
        }

        IOException reason() {
            return reason;
        }
    }
}
