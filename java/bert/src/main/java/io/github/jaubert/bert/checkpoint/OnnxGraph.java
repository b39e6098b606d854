package io.github.jaubert.bert.checkpoint;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is needed of an ONNX file: the nodes in order of execution and the constant tensors by the
 * name under which nodes use them.
 *
 * @param nodes the operations
 * @param constants initializers and the results of Constant nodes
 * @param consumers for each value the nodes that take it as an input
 * @param producers for each value the node that makes it
 */
record OnnxGraph(
    List<Node> nodes,
    Map<String, OnnxTensor> constants,
    Map<String, List<Node>> consumers,
    Map<String, Node> producers) {

  /**
   * An operation.
   *
   * @param numbers the attributes that are one number
   * @param strings the attributes that are text
   * @param value what a Constant node makes, otherwise null
   */
  record Node(
      String operation,
      List<String> inputs,
      List<String> outputs,
      Map<String, Float> numbers,
      Map<String, String> strings,
      OnnxTensor value) {}

  /**
   * Reads the file's messages ModelProto and GraphProto.
   *
   * @throws CheckpointException if the bytes are truncated or are no ONNX model
   */
  static OnnxGraph read(String file, ByteBuffer bytes) {
    ProtobufReader model = new ProtobufReader(file, bytes);
    ProtobufReader graph = null;
    while (model.next()) {
      if (model.field() == 7) {
        graph = model.message();
      } else {
        model.skip();
      }
    }
    if (graph == null) {
      throw new CheckpointException(file, "holds no graph: this is no ONNX model");
    }
    List<Node> nodes = new ArrayList<>();
    Map<String, OnnxTensor> constants = new LinkedHashMap<>();
    while (graph.next()) {
      switch (graph.field()) {
        case 1 -> nodes.add(readNode(file, graph.message()));
        case 5 -> {
          OnnxTensor tensor = OnnxTensor.read(file, graph.message());
          constants.put(tensor.name(), tensor);
        }
        default -> graph.skip();
      }
    }
    Map<String, List<Node>> consumers = new HashMap<>();
    Map<String, Node> producers = new HashMap<>();
    for (Node node : nodes) {
      node.inputs()
          .forEach(input -> consumers.computeIfAbsent(input, i -> new ArrayList<>()).add(node));
      node.outputs().forEach(output -> producers.put(output, node));
      if (node.value() != null && !node.outputs().isEmpty()) {
        constants.put(node.outputs().get(0), node.value());
      }
    }
    return new OnnxGraph(nodes, constants, consumers, producers);
  }

  private static Node readNode(String file, ProtobufReader message) {
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    String operation = "";
    Map<String, Float> numbers = new HashMap<>();
    Map<String, String> strings = new HashMap<>();
    OnnxTensor value = null;
    while (message.next()) {
      switch (message.field()) {
        case 1 -> inputs.add(message.string());
        case 2 -> outputs.add(message.string());
        case 4 -> operation = message.string();
        case 5 -> {
          OnnxTensor tensor = readAttribute(file, message.message(), numbers, strings);
          value = tensor == null ? value : tensor;
        }
        default -> message.skip();
      }
    }
    return new Node(
        operation, inputs, outputs, numbers, strings, operation.equals("Constant") ? value : null);
  }

  /**
   * Puts the number or text of a message AttributeProto into its map; returns its tensor, if it has
   * one.
   */
  private static OnnxTensor readAttribute(
      String file,
      ProtobufReader message,
      Map<String, Float> numbers,
      Map<String, String> strings) {
    String name = "";
    Float number = null;
    String text = null;
    OnnxTensor tensor = null;
    while (message.next()) {
      switch (message.field()) {
        case 1 -> name = message.string();
        case 2 -> number = message.single();
        case 3 -> number = (float) message.integer();
        case 4 -> text = message.string();
        case 5 -> tensor = OnnxTensor.read(file, message.message());
        default -> message.skip();
      }
    }
    if (number != null) {
      numbers.put(name, number);
    }
    if (text != null) {
      strings.put(name, text);
    }
    return tensor;
  }

  /** The nodes that take a value as an input. */
  List<Node> consumersOf(String value) {
    return consumers.getOrDefault(value, List.of());
  }

  boolean has(String operation) {
    return count(operation) > 0;
  }

  long count(String operation) {
    return nodes.stream().filter(node -> node.operation().equals(operation)).count();
  }
}
