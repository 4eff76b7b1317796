package dev.tramontane.hub;

import dev.tramontane.fixtures.OwnProcess;
import dev.tramontane.hub.PullPlan.PlannedFile;
import java.net.URI;
import java.nio.file.Path;

/** Pulls in a process of its own: arguments are the store, the registry, and the name. */
final class PullProgram {
    private PullProgram() {}

    public static void main(String[] arguments) throws Exception {
        Hub hub = new Hub(Pulled.config(Path.of(arguments[0]), URI.create(arguments[1]), Pulled.NOWHERE));
        StoredModel model = hub.pull(References.parse(arguments[2]), new PullListener() {
            @Override
            public void waiting() {
                System.out.println("waiting");
            }

            @Override
            public void at(PlannedFile file, long done) {
                System.out.println("at " + done);
            }

            @Override
            public void checking(PlannedFile file, long done) {
                System.out.println("checking " + done);
            }
        });
        System.out.println("pulled " + model.bytes());
    }

    /** Such a process, its output in a file. */
    static Process start(Path store, URI registry, String name, Path log) throws Exception {
        return OwnProcess.start(PullProgram.class, log, store.toString(), registry.toString(), name);
    }
}
