package dev.tramontane.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** Keeps what one choice was told, and notes any call that the contract forbids. */
class Recorder implements SequenceListener {
    final List<Integer> tokens = new ArrayList<>();
    final List<Float> logprobs = new ArrayList<>();
    final List<TokenScore> prompt = new ArrayList<>();
    final List<String> offences = new ArrayList<>();
    final CountDownLatch ended = new CountDownLatch(1);
    boolean started;

    /** As told when the prompt was computed; -1 before. */
    int cached = -1;

    @Nullable
    Finish finish;

    @Override
    public void onStarted() {
        note(!started && finish == null, "onStarted out of order");
        started = true;
    }

    @Override
    public void onPromptToken(int index, TokenScore score) {
        note(started && finish == null && tokens.isEmpty(), "onPromptToken out of order");
        note(index == prompt.size() + 1, "prompt token " + index + " after " + prompt.size());
        prompt.add(score);
    }

    @Override
    public void onPrefilled(int cachedTokens) {
        note(started && finish == null && tokens.isEmpty() && cached < 0, "onPrefilled out of order");
        cached = cachedTokens;
    }

    @Override
    public void onToken(TokenScore token) {
        note(started && finish == null && cached >= 0, "onToken out of order");
        tokens.add(token.id());
        logprobs.add(token.logprob());
    }

    @Override
    public void onFinish(Finish how) {
        note(finish == null, "onFinish twice");
        note(cached < 0 || how.cachedTokens() == cached, "cached tokens otherwise at the end");
        finish = how;
        ended.countDown();
    }

    boolean over() {
        return finish != null;
    }

    FinishReason reason() {
        return finish().reason();
    }

    Finish finish() {
        if (finish == null) {
            throw new AssertionError("not finished after " + tokens.size() + " tokens");
        }
        return finish;
    }

    List<Float> promptLogprobs() {
        return prompt.stream().map(TokenScore::logprob).toList();
    }

    private void note(boolean allowed, String offence) {
        if (!allowed) {
            offences.add(offence);
        }
    }
}
