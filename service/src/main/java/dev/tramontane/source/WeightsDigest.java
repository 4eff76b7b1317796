package dev.tramontane.source;

import dev.tramontane.model.LayerRange;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/** What tells weights apart: a hash of all of them, with their names, roles, types and shapes. Any thread. */
public final class WeightsDigest {
    /** At a time; a buffer holds less than 2 GiB. */
    private static final long PIECE = 1 << 24;

    private WeightsDigest() {}

    /**
     * SHA-256 of a model's weights. Reads every byte of them, on all processors: blocks for about as long as reading the
     * files takes.
     */
    public static byte[] of(ModelPlan plan) {
        return of(plan, plan.tensors());
    }

    /** The same of some layers alone, whatever else the files hold. */
    public static byte[] of(ModelPlan plan, LayerRange layers) {
        return of(
                plan,
                plan.tensors().stream()
                        .filter(tensor -> tensor.role().perLayer() && layers.contains(tensor.layer()))
                        .toList());
    }

    private static byte[] of(ModelPlan plan, List<PlannedTensor> tensors) {
        List<byte[]> each = tensors.parallelStream().map(WeightsDigest::of).toList();
        MessageDigest all = sha256();
        each.forEach(all::update);
        update(all, plan.ropeFactors());
        return all.digest();
    }

    private static byte[] of(PlannedTensor tensor) {
        MessageDigest digest = sha256();
        String what = tensor.name() + "\n" + tensor.role() + " " + tensor.layer() + " " + tensor.expert() + " "
                + tensor.type() + " " + tensor.rows() + " " + tensor.columns() + " "
                + tensor.data().byteSize() + "\n";
        digest.update(what.getBytes(StandardCharsets.UTF_8));
        update(digest, tensor.scales());
        MemorySegment data = tensor.data();
        if (!data.isNative()) { // A norm that was converted: its floats lie in the heap.
            digest.update(data.toArray(ValueLayout.JAVA_BYTE));
            return digest.digest();
        }
        for (long at = 0; at < data.byteSize(); at += PIECE) {
            digest.update(
                    data.asSlice(at, Math.min(PIECE, data.byteSize() - at)).asByteBuffer());
        }
        return digest.digest();
    }

    private static void update(MessageDigest digest, float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES + values.length * Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(values.length);
        for (float value : values) {
            bytes.putFloat(value);
        }
        digest.update(bytes.flip());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
