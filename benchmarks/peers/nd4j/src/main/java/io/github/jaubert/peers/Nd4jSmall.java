package io.github.jaubert.peers;

import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.benchmarks.measure.SmallCalls;
import io.github.jaubert.benchmarks.measure.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** What a call of ND4J costs when there is almost nothing to compute; the result is closed. */
@Command(name = "nd4j-small", mixinStandardHelpOptions = true)
public final class Nd4jSmall extends MeasuringProgram {
  private Nd4jSmall() {}

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Nd4jSmall()).execute(arguments));
  }

  @Override
  protected void start(int threads) {
    Nd4j.getEnvironment().setMaxThreads(threads);
    Nd4j.getEnvironment().setMaxMasterThreads(threads);
  }

  @Override
  protected String program() {
    String jar = Nd4j.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    return "ND4J " + jar.replaceAll(".*nd4j-api-|\\.jar$", "");
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    List<Work> works = new ArrayList<>();
    add(works, "add 8x8", new long[] {8, 8}, INDArray::add);
    add(works, "add 8x8+8", new long[] {1, 8}, INDArray::add);
    add(works, "matmul 8x8", new long[] {8, 8}, INDArray::mmul);
    return works;
  }

  private static void add(
      List<Work> works, String name, long[] right, BinaryOperator<INDArray> operation) {
    works.addAll(SmallCalls.works(name, measure -> measure.apply(call(right, operation))));
  }

  private static Runnable call(long[] right, BinaryOperator<INDArray> operation) {
    INDArray a = Nd4j.rand(DataType.FLOAT, 8, 8);
    INDArray b = Nd4j.rand(DataType.FLOAT, right);
    return () -> operation.apply(a, b).close();
  }
}
