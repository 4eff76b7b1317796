package dev.tramontane.app;

import dev.tramontane.kernels.HostCeilings;
import dev.tramontane.measure.StepRates;
import dev.tramontane.model.CacheType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Measures a model's steps again and again and holds them against what the machine can do.
 *
 * @param ceilings zeros where the processors do not compute
 * @param kv what keys and values are kept as
 * @param products whether the backend computes quantised weights by 8-bit products
 */
record StepBench(StepRates rates, StepCost cost, HostCeilings ceilings, CacheType kv, boolean products) {

    /** A prompt behind {@code depth} tokens. */
    StepMeasurement prefill(int tokens, int depth, int repeat) {
        Spread rate = repeated(tokens, repeat, () -> rates.prefill(tokens, depth));
        double share = products && cost.eightBit() && ceilings.int8Operations() > 0
                ? rate.median() * cost.operations() / ceilings.int8Operations()
                : 0;
        return new StepMeasurement("prefill", tokens, 1, depth, rate, 0, share);
    }

    /** Answers behind {@code depth} tokens. */
    StepMeasurement decode(int sequences, int tokens, int depth, int repeat) {
        Spread rate = repeated((long) sequences * tokens, repeat, () -> rates.decode(sequences, tokens, depth));
        double bytes = cost.decodeBytes(sequences, depth + tokens / 2, kv);
        double share = ceilings.readBytes() > 0 ? rate.median() / sequences * bytes / ceilings.readBytes() : 0;
        return new StepMeasurement("decode", tokens, sequences, depth, rate, share, 0);
    }

    /** Once more than is counted, so that what is counted finds everything warm. */
    private static Spread repeated(long tokens, int repeat, LongSupplier nanos) {
        List<Double> all = new ArrayList<>();
        for (int i = 0; i <= repeat; i++) {
            all.add(tokens * 1e9 / Math.max(1, nanos.getAsLong()));
        }
        return Spread.of(all.subList(1, all.size()));
    }
}
