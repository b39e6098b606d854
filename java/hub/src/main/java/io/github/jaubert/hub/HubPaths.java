package io.github.jaubert.hub;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Addresses on the Hub. */
final class HubPaths {
  private final String endpoint;

  HubPaths(HubSettings settings) {
    endpoint = settings.endpoint().toString();
  }

  /** What there is to know, or to do, of a version of a repository. */
  URI api(ModelName name, String kind) {
    return URI.create(
        "%s/api/models/%s/%s/%s"
            .formatted(endpoint, name.repository(), kind, quoted(name.revision())));
  }

  /** The same with sizes and hashes of files. */
  URI listing(ModelName name) {
    return URI.create(api(name, "revision") + "?blobs=true");
  }

  /** A file of a commit. */
  URI file(ModelName name, String commit, String path) {
    String steps =
        Arrays.stream(path.split("/")).map(HubPaths::quoted).collect(Collectors.joining("/"));
    return URI.create("%s/%s/resolve/%s/%s".formatted(endpoint, name.repository(), commit, steps));
  }

  /** Where repositories are made. */
  URI create() {
    return URI.create(endpoint + "/api/repos/create");
  }

  /** Where large files are announced, as Git LFS does. */
  URI largeFiles(ModelName name) {
    return URI.create("%s/%s.git/info/lfs/objects/batch".formatted(endpoint, name.repository()));
  }

  /** A step of a path, in which nothing stands for anything but itself. */
  private static String quoted(String step) {
    StringBuilder text = new StringBuilder();
    for (byte b : step.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xFF);
      boolean plain = c < 128 && (Character.isLetterOrDigit(c) || "-._~".indexOf(c) >= 0);
      text.append(plain ? String.valueOf(c) : "%%%02X".formatted((int) c));
    }
    return text.toString();
  }
}
