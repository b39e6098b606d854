/** Models as ONNX files, for other runtimes. */
package io.github.jaubert.bert.onnx;
