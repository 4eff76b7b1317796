# The image that ./tramontane image --cuda packs, for those who build with Docker: docker build -f packaging/cuda.Dockerfile -t tramontane-cuda:0.1.0 .
# The build runs the same command and copies its layers. ReleaseIT holds every line below against the image packed without Docker.
FROM debian:13-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends openjdk-25-jdk-headless g++ make cmake maven python3-venv
COPY . /tramontane
WORKDIR /tramontane
# The compiler of NVIDIA's Python packages, as in CI: no other base image, and no driver, is needed to build.
RUN CUDA_HOME=$(.ci/cuda install | tail -n 1) ./tramontane image --cuda

FROM scratch
COPY --from=build /tramontane/target/packaging/tramontane-cuda.work/layers/glibc/ /
COPY --from=build /tramontane/target/packaging/tramontane-cuda.work/layers/runtime/ /
COPY --from=build /tramontane/target/packaging/tramontane-cuda.work/layers/libraries/ /
COPY --from=build /tramontane/target/packaging/tramontane-cuda.work/layers/service/ /
ENV PATH=/opt/tramontane/runtime/bin
ENV LC_ALL=C.UTF-8
ENV TRAMONTANE_HOST=0.0.0.0
ENV TRAMONTANE_KERNEL_LIBRARY=/opt/tramontane/lib/libtramontane.so
ENV LD_LIBRARY_PATH=/usr/local/nvidia/lib64
ENV NVIDIA_VISIBLE_DEVICES=all
ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 65532:65532
EXPOSE 8080/tcp
EXPOSE 9090/tcp
STOPSIGNAL SIGTERM
WORKDIR /
ENTRYPOINT ["/opt/tramontane/runtime/bin/java","@/opt/tramontane/jvm.flags","-jar","/opt/tramontane/tramontane.jar"]
CMD ["serve"]
