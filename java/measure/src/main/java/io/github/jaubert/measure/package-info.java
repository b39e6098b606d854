/** What a data set holds. */
package io.github.jaubert.measure;
