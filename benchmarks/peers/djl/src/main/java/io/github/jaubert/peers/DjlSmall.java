package io.github.jaubert.peers;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.benchmarks.measure.SmallCalls;
import io.github.jaubert.benchmarks.measure.Work;
import java.util.List;
import picocli.CommandLine.Command;

/** What a call of DJL costs when there is almost nothing to compute; the result is closed. */
@Command(name = "djl-small", mixinStandardHelpOptions = true)
public final class DjlSmall extends MeasuringProgram {
  private NDManager memory;

  public static void main(String[] arguments) {
    run(new DjlSmall(), arguments);
  }

  @Override
  protected String start(int threads) {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
    return "DJL " + Engine.getDjlVersion() + ", libtorch " + Engine.getInstance().getVersion();
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    return SmallCalls.works(
        "",
        () -> memory = NDManager.newBaseManager(),
        shape -> memory.randomNormal(new Shape(shape)),
        NDArray::add,
        NDArray::matMul,
        NDArray::close);
  }
}
