package dev.tramontane.tokenizer;

import dev.tramontane.json.JsonFields;

/**
 * A token that is found in a text before anything else, as tokenizer.json and tokenizer_config.json list them.
 *
 * @param special whether it is a control token, and not text
 */
record AddedToken(
        int id, String content, boolean stripsLeft, boolean stripsRight, boolean normalized, boolean special) {

    /** @throws dev.tramontane.json.InvalidJsonException when a field is not what it must be */
    static AddedToken read(int id, JsonFields fields) {
        String content = fields.requiredString("content");
        fields.only("single_word", false);
        boolean special = fields.flag("special", false);
        AddedToken token = new AddedToken(
                id,
                content,
                fields.flag("lstrip", false),
                fields.flag("rstrip", false),
                fields.flag("normalized", !special),
                special);
        fields.harmless("__type");
        fields.end();
        return token;
    }
}
