package dev.tramontane.app;

import dev.tramontane.engine.AdapterData;
import dev.tramontane.model.Adapter;
import dev.tramontane.source.PeftAdapter;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An adapter's files, open as long as an engine may load them again. Any thread.
 *
 * @param name under which it is served
 * @param path its directory
 */
record AdapterFiles(String name, Path path, PeftAdapter files) implements AdapterData {
    private static final Logger LOG = LoggerFactory.getLogger(AdapterFiles.class);

    @Override
    public Adapter adapter() {
        return files.adapter();
    }

    @Override
    public boolean isUnchanged() {
        boolean unchanged = files.isUnchanged();
        if (!unchanged) {
            LOG.error("the adapter {} was written over: {} holds other numbers than were loaded", name, path);
        }
        return unchanged;
    }

    @Override
    public void release() {
        files.close();
    }
}
