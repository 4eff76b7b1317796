package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads grammars of llama.cpp's kind (GBNF), of which the EBNF that vLLM's XGrammar takes is a dialect: {@code name ::= alternatives}, one rule a line, from {@code root}
 * on. Alternatives are parts with {@code |} between them, parts are {@code "texts"}, {@code [sets]}, {@code .}, names and groups in parentheses, repeated by {@code * + ?} and
 * counts. A line goes on within parentheses, behind {@code ::=} and {@code |}, and where the next one begins with {@code |}. Comments begin
 * with {@code #}. Refused by name: rules that call themselves before they have taken a character, tokens in {@code <>}, look-ahead, Lark's form.
 */
final class GrammarReader {
    private static final int MOST_COUNT = 1_000_000;

    private final GrammarText text;
    private final StructureLimits limits;
    private final Map<String, Rule> rules = new LinkedHashMap<>();
    private final Map<String, Integer> defined = new LinkedHashMap<>();
    private final Map<String, Integer> called = new LinkedHashMap<>();
    private int nesting;

    private GrammarReader(String grammar, StructureLimits limits) {
        this.text = new GrammarText(grammar);
        this.limits = limits;
    }

    static Expression read(String grammar, StructureLimits limits) {
        GrammarReader reader = new GrammarReader(grammar, limits);
        reader.text.skip(true);
        while (!reader.text.isEnd()) {
            reader.rule();
        }
        for (Map.Entry<String, Integer> call : reader.called.entrySet()) {
            if (!reader.defined.containsKey(call.getKey())) {
                throw new StructureException(
                        "line " + call.getValue(), "the grammar has no rule " + Quoted.of(call.getKey()));
            }
        }
        if (!reader.defined.containsKey("root")) {
            throw new StructureException("", "the grammar has no rule \"root\", with which texts begin");
        }
        return new Expression.Call(reader.named("root"));
    }

    private Rule named(String name) {
        return rules.computeIfAbsent(name, key -> new Rule("rule " + Quoted.of(key)));
    }

    private void rule() {
        String name = text.name();
        int line = text.line();
        text.skip(false);
        if (name.isEmpty() || !text.take("::=")) {
            throw text.looksLikeLark(name)
                    ? text.wrong(
                            "what looks like Lark's form, which is not supported: write rules as name ::= ..., from root on")
                    : text.wrong("no rule here: name ::= alternatives");
        }
        if (defined.putIfAbsent(name, line) != null) {
            throw text.wrong("a second rule " + Quoted.of(name));
        }
        text.skip(true);
        named(name).define(alternatives());
        if (!text.isEnd() && !text.endsLine()) {
            throw text.wrong(Quoted.of(Character.toString(text.peek())) + " where a rule should end");
        }
        text.skip(true);
    }

    private Expression alternatives() {
        List<Expression> ways = new ArrayList<>();
        do {
            text.skip(true);
            ways.add(sequence());
        } while (text.takeBar());
        return ways.size() == 1 ? ways.getFirst() : new Expression.Choice(ways);
    }

    private Expression sequence() {
        List<Expression> parts = new ArrayList<>();
        while (true) {
            text.skip(nesting > 0);
            if (text.isEnd() || text.endsLine() || text.peek() == '|' || text.peek() == ')' || text.isRule()) {
                return parts.size() == 1 ? parts.getFirst() : new Expression.Sequence(parts);
            }
            parts.add(repeated(part()));
        }
    }

    private Expression part() {
        if (text.take("\"")) {
            return Expression.text(text.literal());
        }
        if (text.take("[")) {
            return new Expression.OneOf(text.set(), Spelling.RAW);
        }
        if (text.take(".")) {
            return new Expression.OneOf(CodePoints.ALL, Spelling.RAW);
        }
        if (text.take("(")) {
            return group();
        }
        int line = text.line();
        String name = text.name();
        if (name.isEmpty()) {
            throw text.wrong(
                    text.peek() == '<'
                            ? "a token in <>, which is not supported: write its text"
                            : Quoted.of(Character.toString(text.peek())) + ", which begins no part of a rule");
        }
        called.putIfAbsent(name, line);
        return new Expression.Call(named(name));
    }

    private Expression group() {
        if (text.take("=") || text.take("?=") || text.take("?!")) {
            throw text.wrong("look-ahead, which is not supported");
        }
        if (++nesting > limits.nesting()) {
            throw text.wrong("groups that are nested deeper than " + limits.nesting());
        }
        Expression inside = alternatives();
        text.skip(true);
        if (!text.take(")")) {
            throw text.wrong("a group that isn't closed by )");
        }
        nesting--;
        return inside;
    }

    private Expression repeated(Expression body) {
        Expression whole = body;
        int counts = 0;
        while (true) {
            if (text.take("*")) {
                whole = new Expression.Repeat(whole, 0, Expression.UNBOUNDED);
            } else if (text.take("+")) {
                whole = new Expression.Repeat(whole, 1, Expression.UNBOUNDED);
            } else if (text.take("?")) {
                whole = new Expression.Repeat(whole, 0, 1);
            } else if (text.take("{")) {
                whole = counted(whole);
            } else {
                return whole;
            }
            if (++counts > 1) {
                throw text.wrong("two counts for one part; put the first into a group");
            }
        }
    }

    private Expression counted(Expression body) {
        int least = text.peek() == ',' ? 0 : text.number(MOST_COUNT);
        int most = least;
        if (text.take(",")) {
            most = text.peek() == '}' ? Expression.UNBOUNDED : text.number(MOST_COUNT);
        }
        if (!text.take("}")) {
            throw text.wrong("a count that isn't closed by }");
        }
        if (most < least) {
            throw text.wrong("a count from " + least + " to " + most);
        }
        return new Expression.Repeat(body, least, most);
    }
}
