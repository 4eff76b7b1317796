import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes the list of what is inside a release (CycloneDX 1.6): Maven's, and the components that Maven doesn't know. The
 * licences' texts, which Maven's list carries again and again, become a file each. Run as a source file by packaging/.
 */
final class Sbom {
    /** What the poms say so loosely that a licence of another wording was taken for it. */
    private static final Map<String, String> MENDED = Map.of("pkg:maven/org.jline/jline", "BSD-3-Clause");

    private final JsonMapper json = new JsonMapper();
    private final Path texts;

    private Sbom(Path texts) {
        this.texts = texts;
    }

    /** Arguments: Maven's list, components (lines of type, name, version, licence, package URL), the result, a folder for texts. */
    public static void main(String[] args) throws IOException {
        Sbom sbom = new Sbom(Path.of(args[3]));
        Path result = Path.of(args[2]);
        Files.writeString(
                result, sbom.merged(Files.readString(Path.of(args[0])), Files.readString(Path.of(args[1]))) + "\n");
    }

    private String merged(String maven, String lines) throws IOException {
        ObjectNode bom = (ObjectNode) json.readTree(maven);
        separate((ObjectNode) bom.path("metadata").path("component"));
        ArrayNode components = (ArrayNode) bom.get("components");
        for (JsonNode component : components) {
            separate((ObjectNode) component);
        }
        for (String line : lines.lines().distinct().sorted().toList()) {
            String[] fields = line.split("\t", -1);
            ObjectNode component = components.addObject();
            component.put("type", fields[0]);
            component.put("bom-ref", fields[4]);
            component.put("name", fields[1]);
            component.put("version", fields[2]);
            component.putArray("licenses").addObject().put("expression", fields[3]);
            component.put("purl", fields[4]);
        }
        // What follows from the contents of Maven's list alone would name two different lists.
        bom.remove("serialNumber");
        return json.writerWithDefaultPrettyPrinter().writeValueAsString(bom);
    }

    /** Takes the licences' texts out of a component, into files by the licences' names. */
    private void separate(ObjectNode component) throws IOException {
        String mended = MENDED.get(component.path("purl").asString("").split("@", 2)[0]);
        for (JsonNode entry : component.path("licenses")) {
            if (!(entry.get("license") instanceof ObjectNode licence)) {
                continue;
            }
            JsonNode text = licence.remove("text");
            if (mended != null) {
                licence.put("id", mended);
            } else if (text != null) {
                byte[] bytes =
                        Base64.getMimeDecoder().decode(text.path("content").asString());
                String name = licence.path("id").asString(licence.path("name").asString("unnamed"));
                Files.writeString(
                        texts.resolve(name.replaceAll("[^A-Za-z0-9.-]", "-") + ".txt"),
                        new String(bytes, StandardCharsets.UTF_8));
            }
        }
    }
}
