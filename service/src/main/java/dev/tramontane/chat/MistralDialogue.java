package dev.tramontane.chat;

import dev.tramontane.chat.MistralTurn.Assistant;
import dev.tramontane.chat.MistralTurn.Call;
import dev.tramontane.chat.MistralTurn.Result;
import dev.tramontane.chat.MistralTurn.User;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A conversation in the form that a version's layout writes down: neighbouring messages of one role are one turn, and
 * before v7 the system's words are apart from the turns. Source: mistral-common's normalizers.
 *
 * @param system what goes before a user's words; empty where there is nothing, or where turns hold it
 * @param turns in order
 */
record MistralDialogue(String system, List<MistralTurn> turns) {

    static MistralDialogue of(List<MistralTurn> messages, MistralVersion version) {
        List<MistralTurn> turns = new ArrayList<>();
        List<String> callIds = new ArrayList<>();
        for (int from = 0, to; from < messages.size(); from = to) {
            to = from + 1;
            while (to < messages.size()
                    && messages.get(to).role().equals(messages.get(from).role())) {
                to++;
            }
            List<MistralTurn> group = messages.subList(from, to);
            switch (group.getFirst()) {
                case MistralTurn.Instructions _ -> turns.addAll(version.since(7) ? group : List.of());
                case User _ ->
                    turns.add(new User(MistralTurn.joined(
                            group.stream().map(turn -> ((User) turn).text()).toList())));
                case Assistant _ -> {
                    Assistant one = assistant(group, version.partJoint());
                    one.calls().forEach(call -> callIds.add(call.id()));
                    turns.add(one);
                }
                case Result _ -> {
                    turns.addAll(version.since(11) ? inOrderOfCalls(group, callIds) : group);
                    callIds.clear();
                }
            }
        }
        if (version.since(7)) {
            return new MistralDialogue("", turns);
        }
        // Before v7 a conversation starts with the user, if with no words.
        if (turns.isEmpty() || !(turns.getFirst() instanceof User)) {
            turns.addFirst(new User(""));
        }
        return new MistralDialogue(
                MistralTurn.joined(messages.stream()
                        .filter(MistralTurn.Instructions.class::isInstance)
                        .map(turn -> ((MistralTurn.Instructions) turn).content().words())
                        .toList()),
                turns);
    }

    /** Where the first user's turn is, or -1. */
    int firstUser() {
        for (int i = 0; i < turns.size(); i++) {
            if (turns.get(i) instanceof User) {
                return i;
            }
        }
        return -1;
    }

    /** Where the last user's turn is, or -1. */
    int lastUser() {
        for (int i = turns.size() - 1; i >= 0; i--) {
            if (turns.get(i) instanceof User) {
                return i;
            }
        }
        return -1;
    }

    private static Assistant assistant(List<MistralTurn> group, String joint) {
        List<MistralContent> contents = new ArrayList<>();
        List<Call> calls = new ArrayList<>();
        boolean open = false;
        for (MistralTurn turn : group) {
            Assistant each = (Assistant) turn;
            contents.add(each.content());
            calls.addAll(each.calls());
            open |= each.open();
        }
        return new Assistant(MistralContent.joined(contents, joint), List.copyOf(calls), open);
    }

    /** Results come in the order of their calls; equal places keep the order they were sent in. */
    private static List<MistralTurn> inOrderOfCalls(List<MistralTurn> results, List<String> callIds) {
        Map<String, Integer> place = new HashMap<>();
        for (int i = 0; i < callIds.size(); i++) {
            place.put(callIds.get(i), i);
        }
        return results.stream()
                .sorted(Comparator.comparingInt(
                        result -> place.getOrDefault(((Result) result).callId(), Integer.MAX_VALUE)))
                .toList();
    }
}
