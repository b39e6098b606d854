package io.github.jaubert.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/**
 * Says where the benchmarks are. They need JMH and the peers, which are no part of this jar: in a
 * checkout the launcher script starts {@code benchmarks/run} before it comes here.
 */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = {
      "Measures Jaubert beside its peers, from a checkout.",
      "./jaubert bench cpu [--quick], or ./jaubert bench gpu; --help behind these shows the options."
    })
final class BenchCommand implements Runnable {
  @Unmatched private String[] arguments;

  @Override
  public void run() {
    throw new IllegalStateException(
        "the benchmarks are not part of this jar; in a checkout of Jaubert, ./jaubert bench cpu or"
            + " ./jaubert bench gpu");
  }
}
