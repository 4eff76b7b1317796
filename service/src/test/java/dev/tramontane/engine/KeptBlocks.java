package dev.tramontane.engine;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A store in memory that answers when the test says so, and outlives engines. One thread, the test's. */
final class KeptBlocks implements PageStore {
    /** Pages of some groups, as they were handed over. */
    record Kept(int groups, byte[] pages) {}

    final Map<String, Kept> blocks = new HashMap<>();
    final List<String> forgotten = new ArrayList<>();
    private final ArrayDeque<Runnable> answers = new ArrayDeque<>();
    private final int blockBytes;

    /** Blocks that may be on their way out. */
    int room = Integer.MAX_VALUE;

    /** Buffers of the receiver's. */
    int lent;

    /** Blocks that were read. */
    int fetched;

    boolean answersAtOnce = true;

    KeptBlocks(int blockBytes) {
        this.blockBytes = blockBytes;
    }

    /** Gives an answer that waits; false when there is none. */
    boolean answer() {
        Runnable next = answers.poll();
        if (next != null) {
            next.run();
        }
        return next != null;
    }

    private void say(Runnable answer) {
        answers.add(answer);
        if (answersAtOnce) {
            answer();
        }
    }

    @Override
    public @Nullable ByteBuffer room() {
        return room-- > 0 ? ByteBuffer.allocateDirect(blockBytes) : null;
    }

    @Override
    public void onRoom(Runnable listener) {}

    @Override
    public void keep(String name, int groups, ByteBuffer pages) {
        byte[] bytes = new byte[pages.remaining()];
        pages.get(bytes);
        blocks.put(name, new Kept(groups, bytes));
    }

    @Override
    public void giveBack(ByteBuffer unused) {
        room++;
    }

    @Override
    public void look(List<String> names, boolean toGap, Consumer<int[]> answer) {
        int[] groups = new int[names.size()];
        for (int i = 0; i < groups.length; i++) {
            Kept kept = blocks.get(names.get(i));
            if (toGap && kept == null) {
                break;
            }
            groups[i] = kept == null ? 0 : kept.groups();
        }
        say(() -> answer.accept(groups));
    }

    @Override
    public void fetch(List<String> names, Receiver receiver) {
        for (int i = 0; i < names.size(); i++) {
            Kept kept = blocks.get(names.get(i));
            if (kept != null) {
                lend(i, kept, receiver);
            }
        }
        say(receiver::end);
    }

    private void lend(int index, Kept kept, Receiver receiver) {
        say(() -> {
            lent++;
            fetched++;
            ByteBuffer pages = ByteBuffer.allocateDirect(kept.pages().length);
            receiver.block(index, kept.groups(), pages.put(kept.pages()).flip());
        });
    }

    @Override
    public void forget(List<String> names) {
        forgotten.addAll(names);
        names.forEach(blocks::remove);
    }

    @Override
    public void release(ByteBuffer pages) {
        lent--;
    }
}
