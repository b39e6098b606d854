package io.github.jaubert.internal.binding.presets;

import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * Tells JavaCPP how the C ABI of {@code native/include/jaubert} becomes the class {@code Kernels}.
 *
 * <p>Addresses become {@code long} and pointers to the host become arrays, so that a call makes no
 * object on either side of JNI. (JNI copies an array: {@code jb_axes}, which the smallest of calls
 * have, become {@code long} too.)
 */
@Properties(
    value =
        @Platform(
            include = {
              "jaubert/common.h",
              "jaubert/context.h",
              "jaubert/elementwise.h",
              "jaubert/reduce.h",
              "jaubert/softmax.h",
              "jaubert/index.h",
              "jaubert/random.h",
              "jaubert/dropout.h",
              "jaubert/matmul.h",
              "jaubert/activation.h",
              "jaubert/linear.h",
              "jaubert/norm.h",
              "jaubert/embedding.h",
              "jaubert/attention.h",
              "jaubert/loss.h",
              "jaubert/optimizer.h"
            },
            library = "jnijaubert",
            // The # keeps JavaCPP from loading it, out of its own cache: NativeLibrary does.
            link = "jaubert_cpu#"),
    target = "io.github.jaubert.internal.binding.Kernels")
@NoException
public class KernelsPreset implements InfoMapper {
  @Override
  public void map(InfoMap infoMap) {
    infoMap
        .put(new Info("JB_API").cppTypes().annotations())
        .put(new Info("jb_context").skip())
        .put(
            new Info("jb_out", "jb_in", "jb_inout", "jb_axes", "jb_ctx")
                .cast()
                .valueTypes("long")
                .skip())
        .put(
            new Info(
                    "jb_attention_args",
                    "jb_layernorm_args",
                    "jb_embedding_args",
                    "jb_cross_entropy_args",
                    "jb_matmul_args",
                    "jb_linear_args",
                    "jb_adam_args")
                .cast()
                .pointerTypes("long")
                .skip())
        .put(
            new Info(
                    "int32_t",
                    "jb_status",
                    "jb_dtype",
                    "jb_unary_op",
                    "jb_binary_op",
                    "jb_reduce_op",
                    "jb_activation")
                .valueTypes("int")
                .pointerTypes("int[]"))
        .put(new Info("int64_t").cast().valueTypes("long").pointerTypes("long[]"))
        .put(new Info("int8_t").valueTypes("byte").pointerTypes("byte[]"))
        .put(new Info("float").valueTypes("float").pointerTypes("float[]"))
        .put(new Info("const char").pointerTypes("String"));
  }
}
