# The image that ./tramontane image packs, for those who build with Docker: docker build -f packaging/cpu.Dockerfile -t tramontane-cpu:0.1.0 .
# The build runs the same command and copies its layers. ReleaseIT holds every line below against the image packed without Docker.
FROM debian:13-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends openjdk-25-jdk-headless g++ make cmake maven
COPY . /tramontane
WORKDIR /tramontane
RUN ./tramontane image

FROM scratch
COPY --from=build /tramontane/target/packaging/tramontane-cpu.work/layers/glibc/ /
COPY --from=build /tramontane/target/packaging/tramontane-cpu.work/layers/runtime/ /
COPY --from=build /tramontane/target/packaging/tramontane-cpu.work/layers/libraries/ /
COPY --from=build /tramontane/target/packaging/tramontane-cpu.work/layers/service/ /
ENV PATH=/opt/tramontane/runtime/bin
ENV LC_ALL=C.UTF-8
ENV TRAMONTANE_HOST=0.0.0.0
ENV TRAMONTANE_KERNEL_LIBRARY=/opt/tramontane/lib/libtramontane.so
USER 65532:65532
EXPOSE 8080/tcp
EXPOSE 9090/tcp
STOPSIGNAL SIGTERM
WORKDIR /
ENTRYPOINT ["/opt/tramontane/runtime/bin/java","@/opt/tramontane/jvm.flags","-jar","/opt/tramontane/tramontane.jar"]
CMD ["serve"]
