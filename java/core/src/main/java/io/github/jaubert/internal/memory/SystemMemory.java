package io.github.jaubert.internal.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * What Linux says of memory: the machine's, and the limits of the control groups that we are in.
 */
final class SystemMemory {
  private SystemMemory() {}

  /**
   * Bytes that this process could take before the machine or a control group has none left. Pages
   * of files that nobody used lately count as free.
   *
   * @param root of the file system
   * @return {@link Long#MAX_VALUE} if the system does not say
   */
  static long available(Path root) {
    long least =
        field(lines(root.resolve("proc/meminfo")), "MemAvailable:").orElse(Long.MAX_VALUE / 1024)
            * 1024;
    for (String line : lines(root.resolve("proc/self/cgroup"))) {
      String[] parts = line.split(":", 3); // number, controllers, path
      if (parts.length < 3) {
        continue;
      }
      Path groups = root.resolve("sys/fs/cgroup");
      if (parts[1].isEmpty()) {
        least = Math.min(least, left(groups, parts[2], "memory.max", "memory.current"));
      } else if (List.of(parts[1].split(",")).contains("memory")) {
        least =
            Math.min(
                least,
                left(
                    groups.resolve("memory"),
                    parts[2],
                    "memory.limit_in_bytes",
                    "memory.usage_in_bytes"));
      }
    }
    return least;
  }

  /** What is left in a group and in those around it; in a container their files may be missing. */
  private static long left(Path mount, String group, String limit, String usage) {
    long least = Long.MAX_VALUE;
    Path inside = Path.of("/").relativize(Path.of("/", group));
    for (Path path = inside; path != null; path = path.getParent()) {
      least = Math.min(least, left(mount.resolve(path), limit, usage));
    }
    return Math.min(least, left(mount, limit, usage));
  }

  private static long left(Path group, String limit, String usage) {
    OptionalLong most = number(lines(group.resolve(limit)));
    OptionalLong used = number(lines(group.resolve(usage)));
    if (most.isEmpty() || used.isEmpty()) {
      return Long.MAX_VALUE; // none, or "max"
    }
    List<String> stat = lines(group.resolve("memory.stat"));
    long files = field(stat, "total_inactive_file").orElse(field(stat, "inactive_file").orElse(0));
    return Math.max(0, most.getAsLong() - used.getAsLong() + files);
  }

  private static OptionalLong field(List<String> lines, String name) {
    return lines.stream()
        .map(line -> line.split("\\s+"))
        .filter(words -> words.length > 1 && words[0].equals(name))
        .map(words -> number(List.of(words[1])))
        .findFirst()
        .orElse(OptionalLong.empty());
  }

  private static OptionalLong number(List<String> lines) {
    return lines.isEmpty() || !lines.get(0).strip().matches("\\d{1,18}")
        ? OptionalLong.empty()
        : OptionalLong.of(Long.parseLong(lines.get(0).strip()));
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
