package dev.tramontane.api;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.vertx.core.http.Http1ServerConfig;
import io.vertx.core.http.impl.http1.VertxHttpRequestDecoder;
import java.util.List;

/**
 * Vert.x's decoder, but a header folded over several lines makes the request malformed (RFC 9112, section 5.2). Netty
 * joins such lines, and afterwards nothing tells; a proxy that reads them differently sees other headers than we do.
 * Looks at the bytes that the decoder took for heads.
 */
final class StrictDecoder extends VertxHttpRequestDecoder {

    /** A header's line began with white space. */
    static final class FoldedHeaderException extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;
    }

    private boolean inHead = true;
    private boolean folded;
    private byte before;

    StrictDecoder(TransportLimits limits, int chunkBytes) {
        super(new Http1ServerConfig()
                .setMaxInitialLineLength(limits.lineBytes())
                .setMaxHeaderSize(limits.headerBytes())
                .setMaxChunkSize(chunkBytes));
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf bytes, List<Object> out) throws Exception {
        int from = bytes.readerIndex();
        int decoded = out.size();
        super.decode(context, bytes, out); // Takes bytes of one head or of one body, never of both.
        if (inHead) {
            scan(bytes, from, bytes.readerIndex());
        }
        for (Object message : out.subList(decoded, out.size())) {
            if (message instanceof HttpRequest request) {
                if (folded && request.decoderResult().isSuccess()) {
                    request.setDecoderResult(DecoderResult.failure(new FoldedHeaderException()));
                }
                inHead = false;
                folded = false;
            }
            if (message instanceof LastHttpContent) {
                inHead = true;
                before = 0;
            }
        }
    }

    private void scan(ByteBuf bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            byte here = bytes.getByte(i);
            folded |= before == '\n' && (here == ' ' || here == '\t');
            before = here;
        }
    }
}
