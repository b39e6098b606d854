package io.github.jaubert.peers;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.benchmarks.measure.SmallCalls;
import io.github.jaubert.benchmarks.measure.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** What a call of DJL costs when there is almost nothing to compute; the result is closed. */
@Command(name = "djl-small", mixinStandardHelpOptions = true)
public final class DjlSmall extends MeasuringProgram {
  private DjlSmall() {}

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new DjlSmall()).execute(arguments));
  }

  @Override
  protected void start(int threads) {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
  }

  @Override
  protected String program() {
    return "DJL " + Engine.getDjlVersion() + ", libtorch " + Engine.getInstance().getVersion();
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    List<Work> works = new ArrayList<>();
    add(works, "add 8x8", new Shape(8, 8), NDArray::add);
    add(works, "add 8x8+8", new Shape(8), NDArray::add);
    add(works, "matmul 8x8", new Shape(8, 8), NDArray::matMul);
    return works;
  }

  private static void add(
      List<Work> works, String name, Shape right, BinaryOperator<NDArray> operation) {
    works.addAll(
        SmallCalls.works(
            name,
            measure -> {
              try (NDManager memory = NDManager.newBaseManager()) {
                return measure.apply(call(memory, right, operation));
              }
            }));
  }

  private static Runnable call(
      NDManager memory, Shape right, BinaryOperator<NDArray> operation) {
    NDArray a = memory.randomNormal(new Shape(8, 8));
    NDArray b = memory.randomNormal(right);
    return () -> operation.apply(a, b).close();
  }
}
