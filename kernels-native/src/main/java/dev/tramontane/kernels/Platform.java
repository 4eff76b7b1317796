package dev.tramontane.kernels;

import java.util.Locale;

/**
 * Operating system and processor, spelled as in the bundle's directories.
 *
 * @param os "linux", "macos", or what the JDK calls it when no library is built for it
 * @param arch "x86_64", "aarch64", or what the JDK calls it
 */
public record Platform(String os, String arch) {

    /** From the system properties {@code os.name} and {@code os.arch}, which only the caller may read. */
    public static Platform of(String osName, String osArch) {
        String name = osName.toLowerCase(Locale.ROOT);
        String os = name.startsWith("linux") ? "linux" : name.startsWith("mac") ? "macos" : name.replace(' ', '-');
        String arch = switch (osArch.toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64", "x86-64" -> "x86_64";
            case "aarch64", "arm64" -> "aarch64";
            default -> osArch.toLowerCase(Locale.ROOT);
        };
        return new Platform(os, arch);
    }

    /** The bundle's directory, for instance "linux-x86_64". */
    public String directory() {
        return os + "-" + arch;
    }

    /** The library's file name. */
    String libraryName() {
        return os.equals("macos") ? "libtramontane.dylib" : "libtramontane.so";
    }
}
