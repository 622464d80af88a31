// Static keys: the keys that an emulator in memory begins with, the same at every start.

import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { KeyKind } from '@patois/core'

// Anybody can read them here. Their ids are marked as dev mode's, and only dev mode takes those.
const KEYS: Readonly<Record<KeyKind, string>> = {
  ES256: `
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgj4Ac1wshS0VP1CUuFO43QY/LnxuDwFx/M/JQug+z7NWhRANC
    AAQ3JbmzlT0ls/tKrH+AftJghH28tQWCwiKIpzIiF4AN7vrDezhboQB0bJVi0cJCTHnK1uaFIBcv78mtPCd6t2Is`,
  EdDSA: 'MC4CAQAwBQYDK2VwBCIEIK/3wD1eHAqjSGMRZVS9SKMxxZiPLo/PE3UzIvezzGUe',
  RS256: `
    MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCfOGjJbW3/ITDJJbx2f5nMd0ow9qAmfoI3gxS/sO6KvnLS
    jFW4wv0t0V6jMILiT30bnwTkaKHIBvg8P+q2FzxGjMmVf0DxDz6NPq6BpMo/PjPRb5f3hsssY3S6fCH+CidGjjxjXhD2XvAJ
    mSdyKBhtTVcCdBadDu/+seDcCYX3hx9yTr+sSCpc7cQPNb0AT1y1BPNwz5aM8bmMCHU7w37tmLOr3i4ofwP7inSpOqJcfHnj
    T5NidTezWVnUHH75Nj3lS540pzprFAcTkQpPLDOwlU/nOKJvq9nFoA5ISGGcUJksdYt5O+srSXdQSeffsxsMUbJhjxkZZZfK
    h16yXOivAgMBAAECggEAG4Bq2SAFt+PLwXK7MtynfCG+tuZik0OWym/hzZqKGXz76FJFHDzR7nAToKxobx67xWGaPrmz+BD8
    H6wKppks2CLJTwFD/l9btpn1Gn+UT4g2+x4DacXmoiwrpWp7lJ28WvuGgsNkuql7XK0PmzBBx99sAAh9P3OtEJk49cjPUwnG
    HP/LvaUxPGlrclnoWwOL+6Ka2qw8fNPsuPLf/QvCiik0R9PjO57j0KJDJmQ2L+ARsPt5tRbXoQ5ABYd4Q2ndzlY82D1a/KSY
    sjq8NnRuwVRqNEzLnPJfGCARwPnj3NfHpwPeDnMotsObN4f0/V3D5O9MIb4CND6gPQui6uEXQQKBgQDS4BvXLfjVPclHWtp4
    tYIiCxwKVO/45aDGMTtoVCp8SC0bj3SsYH/dgj0yzpIjg6ZTmqdnQFoARoqjtxar+XpSoC6zuXYMWX+iziIpnLsNrGStxcMI
    KVxpydceiznOFIIpCU1y/4UJ/DZlXGQxAovIWGs3aXcjGro64JvIzAP2XQKBgQDBSpoyL2iBaRQG11VqiSFhCXeCOknViIz7
    BiPexa5ePPINUq8XaYJUQc2fvHWNxVY0XyeoxgGZqox4g/odSpYUVXwwK1txJPKHk7F9tSQj5VyylADpekeRCQLJuNA7FwL7
    1XZ/6JcOjQ31qJA362JGKIVNiPYKNO0dsKmNEX8SewKBgHEjoIxQtALlBYrtKe49pDZTs5WvgJkPyrTLUU5mae0IZHs2+qhJ
    lhDogaEyx6GaTrDodwyksCUZs+SmpNlcHs8Z9jSjOrzhf+N/qUCeQJXTeqjpQ/yrBFQV4P8YP8lbo4IU5aLfiSeUVDMJ4Q+S
    iCDTn6K5SRxiiKxyOeL/4thZAoGARuP5kZZZmbzUH34yUZRhrZkvP4/pLGucaSRjW3zc6qsni0Nb/BYyOny30XHpG0nYx/Ru
    MzQLujQWuMyOmteUG3kOxwvfyatnV9oPKq+YxaGFUel+PCMgxEytvRYPKNzTt1Ee2OKRJEEPcZ2U5y1pKZoK6djlg/DNVipI
    xPg5xqkCgYEApp96V/llPr3CZOPV8u8Ni4b+SQQdmPXZMoJxGeziKr7fOloVqIqadegFLIrh6hRQSJbGDpejOUHnTUwyiZUm
    Zg3fQmWbGn4iNPe7TiiAAv5UjATMmnGqmIWkwVLnJBDD5etkLzMaJfq3/TJlScdWRfYhk59XIf2dkUOipK+UsB4=`,
  'RS256/4096': `
    MIIJQQIBADANBgkqhkiG9w0BAQEFAASCCSswggknAgEAAoICAQD0GmNA8/JiGdE1/0eV7icPHc9IR3NnCoE96x0yEPTTSvPq
    jCURHaxoRhU5QtNz37h1QUyPZknEGa6/V+N8fM99HnQi5eHzeX/qQB+Nt1PfiDcaPtYAevB3yM/KmlGcPo9gWYsqUQZAPIcu
    yh+eTedyhwemwNUFC57Plb0huSbBWfAGrhqwx2YB7h7mZQe3r6YqiqvF8Qar5TEUy22QOc47SzapWrgdUiBODBkvd0HHRWOM
    +o/ywEU2AKxt7iSuA0fsWu7aSvg44hkqI7ZjSLcTIMttK4zipfhu5XO7939zSLVFTtTfwrnmlzDsC15xVXI+nuElpmPreCDq
    74ceUZM97rQZUMIW7fth8wn2uGzlZHVGyN9546sN6f7glHpGhBEqyGMaTAoA7OWGsCRxqjnh4ESSCicq+qBqrHxG40qtIvU2
    bEc7fNWibP6uGoz+nS7a2/wnReEyz5sXa5+HXGc2o1yGu8J8ezzpm0qo7N+IA8EdeOA5MbqGQzIdvXrjaYp27Wwelwd2dBSW
    tWw3GfM3x9DY00O72t1J/2kmOlT39l/9ohC8MwE1yVGhoHNotxGAv8YU9pOng0JeR4GO4CqDp8hJJLKaGmUCOzA0lTN745eD
    z4RPGT9hA/4LdQGF/fSarYRIuIYLkx3RkftuQazSpN+4CD3+nTLuVVPXj3Ho6wIDAQABAoICAHdLmBsrvValMGH3xufmki8o
    jd9Qj/0ZHK2ChGut7sB+XnNPl2PkgRgavA+WcZmtCcxAI+bnAgD03jqD/NifdJW8ttxBRapERDfaq7EKGdLiEq/gapykeHXJ
    7Ych4OV/i3l2eXUuUOQ+0IAU5tvqTcTiaeJcVh7XnX7suphLEL4oso3JM6EWaetikLZfRKTIEmizCZy8nNqQMWrsujhkj73Z
    lbaxb85gjwoljn9shHibGDpTT9s+jPSF4r78xe9HCjTgAeAsCGBgWxUFjAK8jEAsZE6PnJQ9sYqc13FS1PYl3/UlwBI0675e
    QFnzem3f6OvioLzSMv3mYQwAEKRIELEc29wg+NeuG4FD/HW8zNj0gfLZ/i7H2GcazkiH9x9ihH5cZbfHzHIltW7yAs34KQvn
    jY45i5BnjtuproFTu+xdKXQfSriBwPe/Hs8MHv65j6pTUXYjf4WKme+rDXIXuw1wPW1FFRHNMaII4V7eccWjzeXkzmhzZ6d/
    IUrkqjbZwrZWqugEDrNsy5ga0O1vKIj1SSVPvibNiC9IuVQ6GfYJT6HHG4tLvOFr6Rdsz/kBfLmMq3vZP2qpUoJ3F3yB3ylV
    No7drTfL5VZONVUyqRrN8OhfLUpqjN0jrBYb0PC3rRga5HZ5tSPP1YqSBtiWI+vXbhfm8IhnhLr0Fj6pFiElAoIBAQD/jOo3
    eQ9RR5XpthXPuOeHtYWmN4hB5PQw4srsfa6/VrFE7oYK9CjokBfDpZE9QgzzN6RKUI5SaNdE66XdCgO+4uFLT3JWSOJjchR3
    WaNplIFL5x/AtWCKazxt7+6EEuUpreOPN2ypWydnC6O9Lac+9a4dZLc/cOFCsPBPi1V3NyBJpPAe/zI9cIC8h0k5/mOeHxlU
    N15C+F4VM7ZQQ3MGU16Ztg0fW68bzN0rC9CQwFrhGfW5kj4DQJv3KjfXUz4YqkYR22Wb4kFc13FuDlg1oXGkTLMEsP4LyNzv
    0q66mzPkmm+BbA5MzYfMb24QqFotwrQPjSfOhpHWcfaQDqEXAoIBAQD0iFFMMz1rrCoyV2CtV+EwYiGFobD2F+BEwhslM7Js
    cashU37C4UJTM+0ILU0tVSf2lhmuco+7TEmfN9HtTQGDAWnP+SqHLxbtXaojrYdXgPs6GruOYbaKvsMShb/I8ib/siZy8h94
    yCCq+B0I2CSr8MSl02lIKpXB3LEXrwglXRO0TzLr09JBRXaAw9Yv7vHwEqQV6QVNcM1sOmCNdRj1rc8Xh7dwZQKhC646KIMQ
    lR59Piv7KXsso8bE4LV2rHnnyoecE+c42xCsUG40YgNwnDNUopHWtH27woBpfsgKKmi7L2ZM23LrCDeVVJrs/3uwBvTdWP+i
    cY/Y7K/yV1NNAoIBADKh//IXyWIoVdqlmjK7BxzLaXyiehvcOknJVb1/tXTxv1PSErru34ActKiuEFXb1WcHOkUDKv/HCAf+
    zLE7/7v9hff++L+B12EuxEFVgFw18VxRoefzx/oE/0clB9QhTkhwzKqep6fyiJ8RHlMoTX/a+7GVN/2Y5vjox+Rqzfc98+bD
    iFQL6i9kMA2qnGaiMaitrr4R7lpEjZeT1GaYxpyVPiQkfvscllhiwdt6jstvYVJCa35mLGVGkuBo/AFs29vVOObm2n4FWUAE
    69OLggy2PSb5j2q5isxY8vWNf9M3VxPPSZKSD09GVca6uUsRoDR65GREaoOwBAtCL0EhtOcCggEALlOlE0qh2ERFukPTjQOZ
    JhFxSF/ZpsXfNyeO/P1OUD04rpei7EjAyAKOZX4voOcBKzZEp0gM8u8BA6kPnGV6Y9dgtIYACJxjO5UDJr85ZNqKvfdSkSbx
    7lc1ncy5CNjXipm1rxEv5TIE/l8DISnRyMFUgBYNXB61QIUPB+2hHXMEyKQ4gXUf4D3ItZxkd7BNJa5iZ8Q9vO4h/N8Sa7pD
    gEftdAfCOQjp9pi/6UTDj+CwZgnhSzQQoeRlQ+dOea0zazZzep5Kr/rQrdSPDF2FSVBOaTpjZsnLCEdRDKt4OnTOYqgYOXdZ
    zi1AWoosz7mXNUIcIdM6mwvotLAipUbmAQKCAQBSMd2oULW5MHCuufXLZW7CfNoyNKvBYIKw+s/7mRFhefLSF/+m1mvzQ+xP
    DQM39i3vu2nCLKrAd4KdRSBCskUgDC0uoorYiOXSq3ZppnlQGTUQFUOomK/XhSbcFuQuwRe+zg3PoI6uZ1g3sL9IbsHxgODF
    7ryFKmsM8Htr5vEmWY7Fe/fnjppX1Yn1IwIBKtSTPHXnDNpiGeFt2mx2QNMmB4gek5slhQiBbMf9iScYO4MJ4DnkdUREwphH
    56F6QXvGhBpE+rTHzKTVrJ3J/CrZQQEm0UNrrM74elp4nsTxeUTKT43MWqRHZoCj8Qd344gqgkcc/7SnVpo8i5y5X7e4`,
}

/** The private key of a kind. */
export function staticKey(kind: KeyKind): KeyObject {
  const key = Buffer.from(KEYS[kind], 'base64')
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}
