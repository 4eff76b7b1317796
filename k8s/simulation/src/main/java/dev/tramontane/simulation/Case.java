package dev.tramontane.simulation;

import java.util.List;

/**
 * A workload and the servers it meets. Their cache holds about twice as many of its requests as one server answers in time at
 * once (24, or 11 where prompts take long): a full cache then means a server that has enough to do.
 *
 * @param targets of running and waiting requests a server that are worth a look
 */
record Case(Workload workload, Hardware hardware, double[] targets) {
    static final Case DAY =
            new Case(Workload.day(32), Hardware.h200().cache(1_632), new double[] {4, 6, 8, 10, 12, 16, 24});
    static final Case CONVERSATION = new Case(
            Workload.conversationHours(4, 6), Hardware.h200().cache(1_632), new double[] {4, 6, 8, 10, 12, 16, 24});
    static final Case CODE =
            new Case(Workload.codeHours(3, 6), Hardware.h200().cache(3_072), new double[] {2, 4, 6, 8, 10, 12, 16});
    static final Case LONG =
            new Case(Workload.longDay(4), Hardware.h200().cache(4_800), new double[] {1, 2, 3, 4, 5, 6, 8});
    static final Case PROCESSORS = new Case(
            Workload.processors(0.5, 6), Hardware.twoProcessors().cache(680), new double[] {2, 3, 4, 5, 6, 8, 12});
    static final List<Case> ALL = List.of(DAY, CONVERSATION, CODE, LONG, PROCESSORS);

    Cluster.Outcome with(Scaling scaling) {
        return Cluster.run(hardware, scaling, workload, 1);
    }
}
