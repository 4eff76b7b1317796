package dev.tramontane.app;

import dev.tramontane.api.openai.ModelFacts;
import dev.tramontane.api.openai.ServedModels;
import org.jspecify.annotations.Nullable;

/** What a server has to serve: one model that stays, or several that come and go. Asked on any thread; must not block. */
interface Stock extends ServedModels {

    /** What the files of a listed model are; null once it is not listed any more. */
    @Nullable
    ModelFacts facts(String id);

    /** What has failed for good, for people; null while all is well. */
    @Nullable
    String failed();

    /** What is out of reach for now, though it will be back, for people; null while all is there. */
    @Nullable
    String lost();
}
