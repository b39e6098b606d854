package io.github.jaubert.internal.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Memory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of memory by the files of Linux, as machines and containers have them. */
class SystemMemoryTest {
  private static final long MIB = 1 << 20;

  @TempDir Path root;

  private void write(String file, String text) throws IOException {
    Files.createDirectories(root.resolve(file).getParent());
    Files.writeString(root.resolve(file), text + "\n");
  }

  private void write(String file, long mebibytes) throws IOException {
    write(file, Long.toString(mebibytes * MIB));
  }

  private void machine(long availableMib) throws IOException {
    write(
        "proc/meminfo",
        "MemTotal:       24606020 kB\nMemFree:         1 kB\nMemAvailable:   %d kB"
            .formatted(availableMib * 1024));
  }

  @Test
  void aMachineHasWhatItSays() throws IOException {
    assertEquals(Long.MAX_VALUE / 1024 * 1024, SystemMemory.available(root));
    machine(700);
    assertEquals(700 * MIB, SystemMemory.available(root));
    write("proc/self/cgroup", "0::/user.slice/a");
    write("sys/fs/cgroup/user.slice/a/memory.max", "max");
    write("sys/fs/cgroup/user.slice/a/memory.current", 5);
    assertEquals(700 * MIB, SystemMemory.available(root));
  }

  @Test
  void theTightestGroupCounts() throws IOException {
    machine(700);
    write("proc/self/cgroup", "0::/outer/inner");
    write("sys/fs/cgroup/outer/inner/memory.max", 600);
    write("sys/fs/cgroup/outer/inner/memory.current", 100);
    assertEquals(500 * MIB, SystemMemory.available(root));
    write("sys/fs/cgroup/outer/memory.max", 550);
    write("sys/fs/cgroup/outer/memory.current", 300);
    write("sys/fs/cgroup/outer/memory.stat", "anon 3\ninactive_file " + 40 * MIB + "\nfile 9");
    assertEquals(290 * MIB, SystemMemory.available(root));
    write("sys/fs/cgroup/memory.max", 100); // a container that sees its own group alone
    write("sys/fs/cgroup/memory.current", 120);
    assertEquals(0, SystemMemory.available(root));
  }

  @Test
  void olderGroupsCountToo() throws IOException {
    machine(700);
    write("proc/self/cgroup", "3:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n0::/");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", 300);
    write("sys/fs/cgroup/memory/memory.usage_in_bytes", 250);
    write("sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file " + 30 * MIB);
    assertEquals(80 * MIB, SystemMemory.available(root));
  }

  @Test
  void thisMachineHasSome() {
    long available = Memory.available(Device.cpu());
    assertTrue(available >= 0 && available < Long.MAX_VALUE / 4, "" + available);
  }
}
