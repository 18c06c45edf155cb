# SPDX-License-Identifier: Apache-2.0
"""A milter connection that breaks when the verdict was given but not heard."""
import os
import socket
import struct
import threading

END_OF_MESSAGE = b"E"


class Cutter:
    """Passes milter packets between Postfix and the milter.

    cut   how many times still to drop the connection instead of passing on
          what the milter answers at the end of a message
    """

    def __init__(self, path, target):
        self.path, self.target, self.cut = path, target, 0
        self.lock = threading.Lock()
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        os.chmod(path, 0o666)
        self.server.listen(100)
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()

    def _accept(self):
        while True:
            try:
                conn, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(conn,),
                             daemon=True).start()

    def _serve(self, mta):
        ended = threading.Event()
        with mta, socket.socket(socket.AF_UNIX) as milter:
            milter.connect(self.target)
            back = threading.Thread(target=self._pump, daemon=True,
                                    args=(milter, mta, ended, True))
            back.start()
            self._pump(mta, milter, ended, False)
            back.join()

    def _pump(self, source, to, ended, answers):
        """ended: the end of a message was passed to the milter."""
        try:
            with source.makefile("rb") as f:
                while packet := self._packet(f):
                    if answers and ended.is_set() and self._take_cut():
                        break
                    if packet[4:5] == END_OF_MESSAGE and not answers:
                        ended.set()
                    to.sendall(packet)
        except OSError:
            pass
        for s in (source, to):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @staticmethod
    def _packet(f):
        head = f.read(4)
        if len(head) < 4:
            return None
        return head + f.read(struct.unpack(">I", head)[0])

    def _take_cut(self):
        with self.lock:
            if self.cut == 0:
                return False
            self.cut -= 1
            return True
