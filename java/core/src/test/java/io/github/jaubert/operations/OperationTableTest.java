package io.github.jaubert.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Tensor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every public operation, value and gradient, against a reference in double precision, on the
 * default device: {@code -Djaubert.device}.
 */
class OperationTableTest {
  /** Public methods that compute nothing from tensors; they have tests of their own. */
  private static final Set<String> NOT_OPERATIONS =
      Set.of(
          "Tensor.shape()",
          "Tensor.dtype()",
          "Tensor.device()",
          "Tensor.rank()",
          "Tensor.size(int)",
          "Tensor.numel()",
          "Tensor.item()",
          "Tensor.toFloats()",
          "Tensor.toInts()",
          "Tensor.toLongs()",
          "Tensor.toBooleans()",
          "Tensor.copyFrom(Tensor)",
          "Tensor.copyFrom(float[])",
          "Tensor.copyFrom(int[])",
          "Tensor.fill(float)",
          "Tensor.to(Device)",
          "Tensor.requiresGrad()",
          "Tensor.requiresGrad(boolean)",
          "Tensor.grad()",
          "Tensor.zeroGrad()",
          "Tensor.detach()",
          "Tensor.backward()",
          "Tensor.backward(Tensor)",
          "Tensor.unscoped()",
          "Tensor.isClosed()",
          "Tensor.close()");

  static List<OperationCase> cases() {
    return Stream.of(
            CreationCases.cases(),
            ElementwiseCases.cases(),
            ReductionCases.cases(),
            ShapeCases.cases(),
            IndexCases.cases(),
            LayerCases.cases(),
            AttentionCases.cases(),
            LossCases.cases())
        .flatMap(List::stream)
        .toList();
  }

  /**
   * Those to run: all, or with {@code -Djaubert.table.elements=N} those with at most N elements in
   * their operands together, and the smallest of each method; for devices that are emulated.
   */
  static List<OperationCase> casesToRun() {
    long most = Long.getLong("jaubert.table.elements", Long.MAX_VALUE);
    Map<String, Long> smallest =
        cases().stream()
            .collect(Collectors.toMap(OperationCase::method, OperationCase::elements, Math::min));
    return cases().stream()
        .filter(c -> c.elements() <= Math.max(most, smallest.get(c.method())))
        .toList();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("casesToRun")
  void matchesReference(OperationCase operation) {
    try {
      new OperationCheck(operation).run();
    } catch (RuntimeException e) {
      throw new AssertionError(operation + " failed; -Djaubert.seed=" + Seeds.SEED, e);
    }
  }

  @Test
  void tableHasEveryOperation() {
    Set<String> tested = cases().stream().map(OperationCase::method).collect(Collectors.toSet());
    tested.addAll(NOT_OPERATIONS);
    Set<String> exist = new TreeSet<>(publicMethods(Tensor.class));
    exist.addAll(publicMethods(F.class));
    assertEquals(exist, new TreeSet<>(tested));
  }

  @Test
  void tableHasNoCaseTwice() {
    List<String> names = cases().stream().map(OperationCase::toString).toList();
    assertEquals(names.stream().distinct().toList(), names);
  }

  private static List<String> publicMethods(Class<?> type) {
    return Arrays.stream(type.getDeclaredMethods())
        .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
        .map(OperationTableTest::signature)
        .toList();
  }

  private static String signature(Method method) {
    return Arrays.stream(method.getParameterTypes())
        .map(Class::getSimpleName)
        .collect(
            Collectors.joining(
                ", ",
                method.getDeclaringClass().getSimpleName() + "." + method.getName() + "(",
                ")"));
  }
}
