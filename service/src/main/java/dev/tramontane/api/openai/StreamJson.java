package dev.tramontane.api.openai;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.journal.GenerationJson;
import dev.tramontane.api.journal.JournalException;
import dev.tramontane.api.journal.PastJson;
import dev.tramontane.api.replay.LoggedEvent;
import dev.tramontane.api.replay.PastEvents;
import dev.tramontane.engine.Tenant;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonReader;
import dev.tramontane.json.JsonWriter;
import dev.tramontane.json.UnknownFields;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * A stream of a chat or a completion as its file has it: the request as it came, from which follows how the answer is told, and what
 * was told. What decides which tokens follow stands in it as it was resolved, beside the request. What is read is foreign: each
 * field is checked, and the request by the rules of requests. Any thread.
 *
 * @param ignoreUnknown whether the request may have fields that nobody knows
 */
record StreamJson(GenerationJson generations, AnswerJobs jobs, boolean ignoreUnknown) {
    private static final int MOST_SECONDS = 999_999;

    byte[] write(StreamSnapshot stream) {
        return JsonWriter.bytes(json -> {
            json.writeStartObject();
            ToldStream told = stream.told();
            json.writeStringProperty("path", told.path().path());
            json.writeStringProperty("id", told.id());
            json.writeNumberProperty("created_at", told.job().format().createdSeconds());
            json.writeStringProperty("adapter", told.job().generator().adaptedBy());
            String thoughts = told.job().origin().thoughts();
            if (thoughts != null) {
                json.writeStringProperty("thoughts", thoughts);
            }
            json.writeNumberProperty("wait_seconds", told.longestWait().toSeconds());
            json.writeStringProperty("request", new String(told.body(), StandardCharsets.UTF_8));
            json.writeName("prompts").writeStartArray();
            told.prompts().forEach(prompt -> write(json, prompt));
            json.writeEndArray();
            json.writeBooleanProperty("over", stream.over());
            PastJson.write(json, stream.events());
            json.writeEndObject();
        });
    }

    private void write(JsonGenerator json, ToldPrompt prompt) {
        json.writeStartObject();
        json.writeName("generation");
        generations.write(json, prompt.request(), prompt.ids());
        json.writeStringProperty("text", prompt.text());
        json.writeName("choices").writeStartArray();
        prompt.choices().forEach(choice -> ToldJson.write(json, choice));
        json.writeEndArray();
        json.writeEndObject();
    }

    /**
     * Reads what {@link #write(StreamSnapshot)} wrote.
     *
     * @param tenant whose the stream is
     * @throws InvalidJsonException naming the field that is wrong
     * @throws JournalException when its request is refused by this server's settings
     */
    StreamSnapshot read(byte[] file, Tenant tenant) {
        JsonFields fields =
                new JsonFields(JsonReader.object(MemorySegment.ofArray(file), "the answer", GenerationJson.LIMITS));
        String given = fields.requiredString("path");
        AnswerPath path = AnswerPath.of(given)
                .orElseThrow(() -> fields.wrong("path", "the path of a chat or a completion", given));
        String id = fields.requiredString("id");
        long created = created(fields);
        Duration wait = Duration.ofSeconds(fields.integer("wait_seconds", 1, 1, MOST_SECONDS));
        byte[] body = fields.requiredString("request").getBytes(StandardCharsets.UTF_8);
        String adapter = fields.string("adapter");
        AnswerJob job = job(
                path,
                body,
                jobs.again(adapter == null ? "" : adapter), // As files of earlier versions have it.
                jobs.origin(id, created, fields.string("thoughts")));
        if (!job.format().options().stream()) {
            throw fields.wrong("request", "one for a stream", "one for an answer in one piece");
        }
        List<ToldPrompt> prompts = prompts(fields, job, tenant);
        boolean over = fields.flag("over", false);
        PastEvents events = PastJson.read(fields);
        for (LoggedEvent event : events.events()) {
            if (!event.json().isEmpty() && !event.json().startsWith("data: ")) {
                throw JsonFields.wrongAt(fields.path("events"), "events of data alone", event.json());
            }
        }
        fields.end();
        return new StreamSnapshot(new ToldStream(path, body, wait, job, prompts), events, over);
    }

    /** @throws JournalException when the request was good enough for another server, and is not for this one */
    private AnswerJob job(AnswerPath path, byte[] body, AnswerJobs again, AnswerOrigin origin) {
        JsonFields asked = new JsonFields(JsonReader.object(body), UnknownFields.of(ignoreUnknown));
        try {
            return path.read(again, asked, origin);
        } catch (ApiException refused) {
            if (refused.status() >= 500) { // It says nothing of the request: the model is being loaded, say.
                throw refused;
            }
            throw unwelcome(refused);
        } catch (InvalidJsonException refused) {
            throw unwelcome(refused);
        }
    }

    private static JournalException unwelcome(RuntimeException refused) {
        return JournalException.unwelcome("holds a request that is refused here: " + refused.getMessage());
    }

    private static long created(JsonFields fields) {
        Long created = fields.integer("created_at", 0, Long.MAX_VALUE);
        if (created == null) {
            throw fields.missing("created_at");
        }
        return created;
    }

    private List<ToldPrompt> prompts(JsonFields fields, AnswerJob job, Tenant tenant) {
        List<@Nullable Object> given = fields.requiredArray("prompts");
        if (given.size() != job.generations().size()) {
            throw JsonFields.wrongAt(fields.path("prompts"), "as many as the request has", given.size());
        }
        List<ToldPrompt> prompts = new ArrayList<>();
        for (int i = 0; i < given.size(); i++) {
            JsonFields prompt = fields.inner(given.get(i), fields.path("prompts") + "[" + i + "]");
            prompts.add(prompt(prompt, job.generations().get(i), job.format().repeatsPrompt(), tenant));
            prompt.end();
        }
        return prompts;
    }

    private ToldPrompt prompt(JsonFields fields, GenerationRequest asked, boolean keepsText, Tenant tenant) {
        GenerationRequest resolved;
        try {
            resolved = generations
                    .read(fields.requiredObject("generation"), tenant)
                    .scoring(asked.promptTops());
        } catch (InvalidJsonException named) {
            throw named;
        } catch (IllegalArgumentException range) {
            throw new InvalidJsonException(fields.path("generation"), String.valueOf(range.getMessage()));
        }
        int[] ids = ((Prompt.Known) resolved.prompt()).ids();
        String text = fields.requiredString("text");
        List<@Nullable Object> given = fields.requiredArray("choices");
        if (given.size() != asked.choices() || resolved.choices() != asked.choices()) {
            throw JsonFields.wrongAt(fields.path("choices"), "as many as the request asks for", given.size());
        }
        List<ToldChoice> choices = new ArrayList<>();
        for (int i = 0; i < given.size(); i++) {
            choices.add(ToldJson.read(fields.inner(given.get(i), fields.path("choices") + "[" + i + "]"), i));
        }
        // What the engine had not taken has no ids yet.
        return new ToldPrompt(
                ids.length == 0 ? resolved.asking(asked.prompt()) : resolved, keepsText, ids, text, choices);
    }
}
