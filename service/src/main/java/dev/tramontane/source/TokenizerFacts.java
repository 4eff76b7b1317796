package dev.tramontane.source;

import dev.tramontane.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** What a tokenizer that has no metadata of its own turns out to be, built. */
final class TokenizerFacts {
    /** More end tokens than any model has; the rest is not listed. */
    private static final int MOST_ENDS = 16;

    private TokenizerFacts() {}

    static List<SourceFact> of(TokenizerSource source, Tokenizer tokenizer) {
        List<SourceFact> facts = new ArrayList<>();
        facts.add(SourceFact.of("model", "model", source.kind()));
        facts.add(SourceFact.of(
                "file", "file", String.valueOf(Path.of(source.file()).getFileName())));
        facts.add(SourceFact.count("tokens", "tokens", tokenizer.size()));
        tokenizer.bos().ifPresent(id -> facts.add(new SourceFact("bos", id + " " + tokenizer.piece(id), "bos", id)));
        List<Integer> eosIds = IntStream.range(0, tokenizer.size())
                .filter(tokenizer::endsGeneration)
                .limit(MOST_ENDS)
                .boxed()
                .toList();
        facts.add(new SourceFact(
                "ends",
                String.join(
                        ", ",
                        eosIds.stream()
                                .map(id -> id + " " + tokenizer.piece(id))
                                .toList()),
                "ends",
                eosIds));
        boolean adds = tokenizer.addsBos();
        facts.add(new SourceFact("puts bos first", adds ? "yes" : "no", "adds_bos", adds));
        return facts;
    }
}
