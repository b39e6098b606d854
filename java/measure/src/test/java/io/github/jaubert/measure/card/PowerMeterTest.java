package io.github.jaubert.measure.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jaubert.measure.card.PowerMeter.Reading;
import io.github.jaubert.measure.card.PowerMeter.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PowerMeterTest {
  @TempDir Path counters;

  private void zone(String folder, String name, long energy) throws IOException {
    Path zone = Files.createDirectories(counters.resolve(folder));
    Files.writeString(zone.resolve("name"), name + "\n");
    Files.writeString(zone.resolve("energy_uj"), energy + "\n");
    Files.writeString(zone.resolve("max_energy_range_uj"), "1000000000\n");
  }

  @Test
  void packagesAndMemoryCountAndCountersBeginAgain() throws IOException {
    zone("intel-rapl:0", "package-0", 999_000_000);
    zone("intel-rapl:0:0", "core", 5);
    zone("intel-rapl:0:1", "dram", 7_000_000);
    zone("intel-rapl:1", "psys", 5);
    long start = System.nanoTime();
    PowerMeter meter = new PowerMeter(counters);
    zone("intel-rapl:0", "package-0", 4_000_000); // 5 J, over the largest value
    zone("intel-rapl:0:0", "core", 900_000_000);
    zone("intel-rapl:0:1", "dram", 9_000_000); // 2 J
    zone("intel-rapl:1", "psys", 900_000_000);
    Reading reading = meter.read(8);
    double most = (System.nanoTime() - start) * 1e-9;
    assertEquals(Source.RAPL, reading.source());
    assertTrue(reading.watts() >= 7 / most, reading + " in at most " + most + " s");
  }

  @Test
  void withoutCountersItIsAnEstimate() {
    Reading reading = new PowerMeter(counters).read(8);
    assertEquals(Source.ESTIMATE, reading.source());
    assertEquals(Runtime.getRuntime().availableProcessors() * 12 + 8 * 0.37, reading.watts(), 1e-9);
  }
}
